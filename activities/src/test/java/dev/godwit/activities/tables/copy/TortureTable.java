package dev.godwit.activities.tables.copy;

import java.util.List;

/** A table of PostgreSQL with a column of every built-in type, and rows with values that are easily changed by a copy. */
public final class TortureTable {
    public static final String CREATE = "CREATE TABLE torture (id integer PRIMARY KEY, c_bool boolean, c_int2 smallint,"
            + " c_int4 integer, c_int8 bigint, c_float4 real, c_float8 double precision, c_numeric numeric,"
            + " c_numeric_limited numeric(20,4), c_text text, c_varchar varchar(12), c_char char(4), c_name name,"
            + " c_quoted_char \"char\", c_bytea bytea, c_date date, c_time time, c_time_limited time(2), c_timetz timetz,"
            + " c_timestamp timestamp, c_timestamptz timestamptz, c_timestamp_limited timestamp(3), c_interval interval,"
            + " c_interval_limited interval(2), c_uuid uuid, c_json json, c_jsonb jsonb, c_xml xml, c_inet inet, c_cidr cidr,"
            + " c_macaddr macaddr, c_macaddr8 macaddr8, c_bit bit(5), c_varbit varbit(9), c_money money, c_point point,"
            + " c_line line, c_lseg lseg, c_box box, c_path path, c_polygon polygon, c_circle circle,"
            + " c_tsvector tsvector, c_tsquery tsquery, c_oid oid, c_pg_lsn pg_lsn, c_int4_array integer[],"
            + " c_text_array text[], c_numeric_array numeric(6,2)[], c_timestamptz_array timestamptz[],"
            + " c_int4range int4range, c_numrange numrange, c_tstzrange tstzrange, c_daterange daterange,"
            + " c_int4multirange int4multirange, c_jsonpath jsonpath, c_enum mood, c_domain positive,"
            + " c_regclass regclass, c_xid8 xid8, \"c Quoted \"\"name\"\"\" text)";

    public static final List<String> TYPES = List.of("CREATE TYPE mood AS ENUM ('sad', 'it''s \"ok\"', 'ünïcode')",
            "CREATE DOMAIN positive AS numeric(8,2) CHECK (value > 0)");

    public static final List<String> ROWS = List.of("INSERT INTO torture (id) VALUES (0)",
            "INSERT INTO torture VALUES (1, true, -32768, -2147483648, -9223372036854775808, 1.17549435e-38,"
                    + " 2.2250738585072014e-308, 0.00, -9999999999999999.9999, '', '', '', '', '', '', '0001-01-01',"
                    + " '00:00:00', '00:00:00.01', '00:00:00-15:59:59', '0001-01-01 00:00:00', '0001-01-01 00:00:00+00',"
                    + " '1969-12-31 23:59:59.999', '-178000000 years', '0.25 s', '00000000-0000-0000-0000-000000000000',"
                    + " ' {\"a\" : 1.0,\"a\":2 } ', '{\"b\": 1e400, \"a\": [null, true, \"\\u20ac\"]}', '<a b=\"c\"/>', '::1/64',"
                    + " '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '10101', '1', '-92233720368547758.08',"
                    + " '(0.1,-0)', '{1,2,3}', '[(0,0),(1,1)]', '(2,2),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1))', '<(0,0),1>',"
                    + " '''it''''s'':1A', 'a & !b', 4294967295, '0/16B3748', '{}', '{\"\",NULL,\"NULL\",\"a\\\"b,{}\"}',"
                    + " '{1.50,-0.01}', '{infinity,\"1970-01-01 00:00:00+00\"}', 'empty', '(,0.1]', '[-infinity,infinity)',"
                    + " '[2026-01-01,2026-02-01)', '{[1,3),[5,)}', '$.a[*]', 'sad', 0.01, 'pg_class', '18446744073709551615',"
                    + " 'x')",
            "INSERT INTO torture (id, c_bool, c_int2, c_int4, c_int8, c_float4, c_float8, c_numeric, c_numeric_limited,"
                    + " c_text, c_varchar, c_char, c_name, c_bytea, c_date, c_time, c_timestamp, c_timestamptz, c_interval,"
                    + " c_enum) VALUES (2, false, 32767, 2147483647, 9223372036854775807, 'Infinity', '-Infinity',"
                    + " 'NaN', 'NaN', U&'\\+10FFFF\\FFFF', '  spaces    ', 'ab ', repeat('n', 63),"
                    + " '\\x00ff', 'infinity', '24:00:00', 'infinity', '-infinity', '1 mon -1 day 00:00:00.000001',"
                    + " 'it''s \"ok\"')",
            "INSERT INTO torture (id, c_float4, c_float8, c_numeric, c_text, c_date, c_time, c_timestamp, c_timestamptz,"
                    + " c_timestamp_limited, c_bytea) VALUES (3, 1e-45, 5e-324, ('-' || repeat('9', 1000) || '.' ||"
                    + " repeat('123456789', 100))::numeric, repeat('long text ', 100000), '4714-11-24 BC',"
                    + " '23:59:59.999999', '4713-01-01 00:00:00.000001 BC', '294276-12-31 23:59:59.999999+00',"
                    + " '2026-02-28 23:59:59.999', decode(repeat('00', 100000), 'hex'))",
            "INSERT INTO torture (id, c_float4, c_float8, c_numeric, c_date, c_timestamptz, c_text) VALUES (4,"
                    + " 0.1, 0.30000000000000004, 'Infinity', '5874897-12-31', '1883-11-18 12:03:57.5-07:52:58',"
                    + " E'\\ttab\\nnewline\\\\backslash\\\\N')",
            "INSERT INTO torture (id, c_float8, c_numeric, c_date, c_timestamp, c_timestamptz) VALUES (5,"
                    + " 1.7976931348623157e308, '-0.000000000000000000000000000000000000000000001', '0044-03-15 BC',"
                    + " '1582-10-10 00:00:00', '0044-03-15 12:00:00.5+00 BC')",
            "INSERT INTO torture (id, c_numeric) VALUES (6, '10000'), (7, '100010000.00010000'), (8, 0.0001),"
                    + " (9, 1e131071), (10, '1e-16383'), (11, '-Infinity'), (12, '9999.00')");

    private TortureTable() {}
}
