# Update any references
sed -i 's/scalable_app/new_app/g' docker-compose.yml
