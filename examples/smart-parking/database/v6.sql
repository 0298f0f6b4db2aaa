-- Version 6: tenants, each of which sees its own rows only. 14 tables, all with row-level security.
--   parking_api      asks for tenants, and sees what app.tenant_id names
--   parking_ingest   takes webhooks and runs the background jobs, for all tenants
CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE,
  name text NOT NULL
);
CREATE TABLE user_memberships (
  tenant_id uuid NOT NULL REFERENCES tenants,
  user_id uuid NOT NULL REFERENCES users,
  role text NOT NULL CHECK (role IN ('owner', 'operator', 'viewer')),
  PRIMARY KEY (tenant_id, user_id)
);
CREATE TABLE api_keys (
  key_sha256 bytea PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sites (
  id integer PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  name text NOT NULL,
  address text NOT NULL,
  UNIQUE (tenant_id, name)
);
CREATE TABLE gateways (
  gateway_id text PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  site_id integer NOT NULL REFERENCES sites,
  name text NOT NULL
);
CREATE TABLE spaces (
  id integer PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  site_id integer NOT NULL REFERENCES sites,
  name text NOT NULL,
  state text NOT NULL DEFAULT 'free' CHECK (state IN ('free', 'occupied', 'reserved', 'maintenance')),
  changed_at timestamptz,
  UNIQUE (site_id, name)
);
CREATE TABLE sensor_devices (
  dev_eui text PRIMARY KEY CHECK (dev_eui ~ '^[0-9A-F]{16}$'),
  tenant_id uuid NOT NULL REFERENCES tenants,
  space_id integer UNIQUE REFERENCES spaces,
  name text NOT NULL,
  last_seen timestamptz
);
CREATE TABLE display_devices (
  dev_eui text PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  site_id integer NOT NULL REFERENCES sites,
  shows text NOT NULL DEFAULT ''
);
CREATE TABLE sensor_readings (
  dev_eui text NOT NULL,
  f_cnt bigint NOT NULL,
  tenant_id uuid REFERENCES tenants,
  space_id integer REFERENCES spaces,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz NOT NULL,
  occupied boolean,
  battery double precision,
  rssi integer,
  payload jsonb NOT NULL,
  PRIMARY KEY (dev_eui, f_cnt)
);
CREATE INDEX sensor_readings_by_tenant ON sensor_readings (tenant_id, received_at);
CREATE INDEX sensor_readings_by_time ON sensor_readings (received_at);
CREATE TABLE state_changes (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  space_id integer NOT NULL REFERENCES spaces,
  state text NOT NULL,
  at timestamptz NOT NULL
);
CREATE TABLE reservations (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  space_id integer NOT NULL REFERENCES spaces,
  plate text NOT NULL,
  during tstzrange NOT NULL,
  state text NOT NULL DEFAULT 'booked' CHECK (state IN ('booked', 'expired', 'cancelled')),
  idempotency_key text UNIQUE,
  EXCLUDE USING gist (int4range(space_id, space_id, '[]') WITH =, during WITH &&) WHERE (state = 'booked')
);
CREATE TABLE orphan_devices (
  dev_eui text PRIMARY KEY,
  name text NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  message_count bigint NOT NULL DEFAULT 1
);
CREATE TABLE background_jobs (
  name text PRIMARY KEY,
  every interval NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  runs bigint NOT NULL DEFAULT 0,
  failures bigint NOT NULL DEFAULT 0,
  last_error text
);

-- A tenant's rows; what belongs to the platform has no policy for parking_api, and so no row that it would see.
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform ON %I TO parking_ingest USING (true) WITH CHECK (true)', name);
  END LOOP;
  FOR name IN
    SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'
  LOOP
    EXECUTE format('CREATE POLICY tenant ON %I TO parking_api'
      ' USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
  END LOOP;
END $$;
CREATE POLICY tenant ON tenants TO parking_api USING (id = nullif(current_setting('app.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO parking_ingest, parking_api;

INSERT INTO tenants VALUES
  ('0c6e8f10-0000-4000-8000-000000000001', 'Hansepark', now() - interval '400 days'),
  ('0c6e8f10-0000-4000-8000-000000000002', 'Airport Hamburg', now() - interval '90 days');
INSERT INTO users (email, name)
SELECT lower(split_part(name, ' ', 1)) || '@' ||
  CASE WHEN i % 2 = 0 THEN 'hansepark' ELSE 'airport' END || '.example', name
FROM unnest(ARRAY['Ada Petersen', 'Bent Øster', 'Çelik Demir', 'Dörte Möller', 'Emma Schulz', 'Finn Iversen'])
  WITH ORDINALITY n (name, i);
INSERT INTO user_memberships
SELECT t.id, u.id, CASE WHEN row_number() OVER (PARTITION BY t.id ORDER BY u.email) = 1 THEN 'owner' ELSE 'operator' END
FROM tenants t JOIN users u ON (t.name = 'Hansepark') = (u.email LIKE '%@hansepark.example');
-- Keys of an example: hansepark-key and airport-key.
INSERT INTO api_keys
SELECT sha256(convert_to(key, 'UTF8')), id, 'dashboard', now()
FROM (VALUES ('Hansepark', 'hansepark-key'), ('Airport Hamburg', 'airport-key')) k (tenant, key)
JOIN tenants ON name = tenant;
INSERT INTO sites
SELECT n, t.id, s, a
FROM (VALUES (1, 'Hansepark', 'Harbour', 'Kai 3, Hamburg'), (2, 'Hansepark', 'Old Town', 'Großer Burstah 12, Hamburg'),
  (3, 'Hansepark', 'Hospital', 'Martinistraße 52, Hamburg'),
  (4, 'Airport Hamburg', 'Airport P5', 'Flughafenstraße 1, Hamburg'))
  v (n, tenant, s, a) JOIN tenants t ON t.name = tenant;
INSERT INTO gateways SELECT 'a84041ffff0000' || lpad(to_hex(id), 2, '0'), tenant_id, id, name || ' roof' FROM sites;
INSERT INTO spaces (id, tenant_id, site_id, name)
SELECT i, tenant_id, s.id, chr(65 + (i - 1) % 100 / 20) || lpad(((i - 1) % 20 + 1)::text, 2, '0')
FROM generate_series(1, 400) i JOIN sites s ON s.id = 1 + (i - 1) / 100;
-- As the simulator numbers them. Its first three, and those past the 400th, were assigned to nobody yet.
INSERT INTO sensor_devices (dev_eui, tenant_id, space_id, name)
SELECT '58A0CB00' || upper(lpad(to_hex(x'20000000'::int + i), 8, '0')), tenant_id, i, 'sensor-' || i
FROM generate_series(3, 400) i JOIN spaces s ON s.id = i;
INSERT INTO display_devices (dev_eui, tenant_id, site_id)
SELECT '58A0CB0040000' || lpad(to_hex(id), 3, '0'), tenant_id, id FROM sites;
INSERT INTO reservations (tenant_id, space_id, plate, during, idempotency_key)
SELECT tenant_id, s, 'HH-' || chr(65 + s % 26) || chr(65 + s * 7 % 26) || ' ' || 1000 + s * 13,
  tstzrange(start, start + interval '3 hours'), 'v5-' || s
FROM generate_series(1, 400, 2) s JOIN spaces ON spaces.id = s
CROSS JOIN LATERAL (SELECT date_trunc('day', now()) + (s % 5) * interval '4 hours') t (start);
INSERT INTO background_jobs (name, every) VALUES
  ('expire_reservations', '1 minute'), ('process_webhook_spool', '1 minute'),
  ('sync_chirpstack', '5 minutes'), ('cleanup_readings', '1 day');
ANALYZE sensor_devices, spaces, reservations;
