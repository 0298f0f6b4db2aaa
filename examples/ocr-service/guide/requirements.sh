# Update requirements.txt for scalable version
cat >> requirements.txt << 'EOF'

# Scalable version dependencies
fastapi==0.104.1
uvicorn[standard]==0.24.0
redis==5.0.1
aiofiles==23.2.1
aiohttp==3.9.1
psutil==5.9.6
uvloop==0.19.0
prometheus-client==0.19.0
EOF
