-- The database of a small parking service: four zones, and 2,000 detections of plates in them.
CREATE TABLE zones (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  price DECIMAL(8,2) NOT NULL,
  open BOOLEAN NOT NULL DEFAULT 1
);
CREATE TABLE detections (
  session TEXT NOT NULL,
  number INTEGER NOT NULL,
  plate TEXT,
  confidence REAL,
  seen DATETIME NOT NULL,
  picture BLOB,
  zone INTEGER REFERENCES zones (id),
  PRIMARY KEY (session, number)
);
CREATE INDEX detections_by_plate ON detections (plate);
INSERT INTO zones (name, price, open) VALUES ('Harbour', 2.50, 1), ('Old Town', 4.00, 1), ('Märkisches Viertel', 1.20, 1), ('Airport', 12.75, 0);
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
INSERT INTO detections
SELECT 'session-' || (i / 50), i % 50, CASE WHEN i % 7 = 0 THEN NULL ELSE 'AB' || i || 'C' END, 0.5 + i / 4000.0,
  datetime('2026-03-01', '+' || i || ' minutes'), CASE WHEN i % 10 = 0 THEN zeroblob(16) END, 1 + i % 4
FROM n;
