#!/bin/bash
# migrate.sh

set -e

echo "🚀 Starting OCR System Migration..."

# Step 1: Backup
echo "📦 Creating backup..."
BACKUP_DIR="backup/$(date +%Y%m%d_%H%M%S)"
mkdir -p $BACKUP_DIR
cp app.py main.py docker-compose.yml nginx.conf Dockerfile $BACKUP_DIR/

# Step 2: Stop old services
echo "⏹️ Stopping old services..."
docker-compose down

# Step 3: Replace files
echo "🔄 Replacing configuration files..."
mv scalable_app.py new_app.py
mv docker-compose-scalable.yml docker-compose.yml
mv nginx-scalable.conf nginx.conf

# Step 4: Create Dockerfile for scalable version
cat > Dockerfile.scalable << 'EOF'
FROM python:3.11-slim

RUN apt-get update && apt-get install -y \
    curl gcc g++ && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY new_app.py app.py ./
RUN mkdir -p /cache /var/log/gunicorn

HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD curl -f http://localhost:8000/health || exit 1

CMD ["uvicorn", "new_app:app", "--host", "0.0.0.0", "--port", "8000", "--loop", "uvloop"]
EOF

# Step 5: Update docker-compose references
sed -i 's/dockerfile: Dockerfile$/dockerfile: Dockerfile.scalable/g' docker-compose.yml

# Step 6: Build and start
echo "🏗️ Building new system..."
docker-compose build --no-cache

echo "🚀 Starting new system..."
docker-compose up -d

# Step 7: Wait for startup
echo "⏳ Waiting for services to start..."
sleep 60

# Step 8: Basic tests
echo "🧪 Running basic tests..."
curl -f http://localhost/health || { echo "❌ Health check failed"; exit 1; }

echo "✅ Migration completed successfully!"
echo "📊 Monitor system: docker-compose logs -f"
echo "📈 Metrics: http://localhost:9090 (Prometheus)"
echo "📊 Dashboard: http://localhost:3000 (Grafana)"
