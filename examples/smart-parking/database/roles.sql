-- The server's own: who logs in, and both databases. Superusers pass by row-level security, so none of these is one.
CREATE ROLE parking_user LOGIN CREATEDB PASSWORD :'password';
CREATE ROLE parking_api LOGIN PASSWORD :'password';
CREATE ROLE parking_ingest LOGIN PASSWORD :'password';
-- A tenant's own reports.
CREATE ROLE parking_airport LOGIN PASSWORD :'password' IN ROLE parking_api;
ALTER ROLE parking_airport SET app.tenant_id = '0c6e8f10-0000-4000-8000-000000000002';
CREATE DATABASE parking_v5 OWNER parking_user;
CREATE DATABASE parking_v6 OWNER parking_user;
