#!/bin/bash
# rollback.sh

echo "🔄 Rolling back to previous version..."

# Stop new system
docker-compose down

# Restore backup
LATEST_BACKUP=$(ls -t backup/ | head -n1)
cp backup/$LATEST_BACKUP/* .

# Start old system
docker-compose up -d

echo "✅ Rollback completed"
