-- Version 5: one operator with 4 sites, 400 spaces and a device for each of them.
CREATE TABLE sites (
  id integer PRIMARY KEY,
  name text NOT NULL UNIQUE,
  address text NOT NULL
);
CREATE TABLE spaces (
  id integer PRIMARY KEY,
  site_id integer NOT NULL REFERENCES sites,
  name text NOT NULL,
  occupied boolean NOT NULL DEFAULT false,
  changed_at timestamptz,
  UNIQUE (site_id, name)
);
CREATE TABLE devices (
  dev_eui text PRIMARY KEY CHECK (dev_eui ~ '^[0-9A-F]{16}$'),
  name text NOT NULL,
  space_id integer UNIQUE REFERENCES spaces,
  last_seen timestamptz
);
CREATE TABLE uplinks (
  dev_eui text NOT NULL,
  f_cnt bigint NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz NOT NULL,
  occupied boolean,
  battery double precision,
  rssi integer,
  payload jsonb NOT NULL,
  PRIMARY KEY (dev_eui, f_cnt)
);
CREATE INDEX uplinks_by_time ON uplinks (received_at);
CREATE TABLE reservations (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  space_id integer NOT NULL REFERENCES spaces,
  plate text NOT NULL,
  during tstzrange NOT NULL,
  EXCLUDE USING gist (int4range(space_id, space_id, '[]') WITH =, during WITH &&)
);

INSERT INTO sites VALUES
  (1, 'Harbour', 'Kai 3, Hamburg'), (2, 'Old Town', 'Großer Burstah 12, Hamburg'),
  (3, 'Hospital', 'Martinistraße 52, Hamburg'), (4, 'Airport P5', 'Flughafenstraße 1, Hamburg');
INSERT INTO spaces (id, site_id, name, occupied, changed_at)
SELECT i, 1 + (i - 1) / 100, chr(65 + (i - 1) % 100 / 20) || lpad(((i - 1) % 20 + 1)::text, 2, '0'), i % 3 = 0,
  now() - i * interval '7 minutes'
FROM generate_series(1, 400) i;
-- As the simulator numbers them; its first three, and those past the 400th, have no space.
INSERT INTO devices (dev_eui, name, space_id, last_seen)
SELECT '58A0CB00' || upper(lpad(to_hex(x'20000000'::int + i), 8, '0')), 'sensor-' || i, i,
  now() - i * interval '7 minutes'
FROM generate_series(3, 400) i;
-- What was received in the month before, with frame numbers of an earlier session of the devices.
INSERT INTO uplinks (dev_eui, f_cnt, received_at, sent_at, occupied, battery, rssi, payload)
SELECT dev_eui, 4000000000 + n, moment, moment - interval '80 milliseconds', n % 2 = 0, 3.6 - n / 500.0,
  -70 - (n + space_id) % 40,
  jsonb_build_object('fCnt', 4000000000 + n, 'deviceInfo', jsonb_build_object('devEui', dev_eui, 'deviceName', name))
FROM devices CROSS JOIN generate_series(0, 49) n
CROSS JOIN LATERAL (
  SELECT now() - interval '30 days' + n * interval '14 hours' + space_id * interval '40 seconds'
) m (moment);
INSERT INTO reservations (space_id, plate, during)
SELECT s, 'HH-' || chr(65 + s % 26) || chr(65 + s * 7 % 26) || ' ' || 1000 + s * 13,
  tstzrange(start, start + interval '3 hours')
FROM generate_series(1, 400, 2) s
CROSS JOIN LATERAL (SELECT date_trunc('day', now()) + (s % 5) * interval '4 hours') t (start);
ANALYZE uplinks, devices, spaces, reservations;
