package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values of every type that a server of PostgreSQL brings with it, chosen to be easily changed on their way. */
final class BuiltInTypes {
    /** All types that a column can have, but arrays, whose elements say everything, and the rows of the catalog's tables. */
    static final String OF_THE_SERVER = "SELECT typname FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace"
            + " WHERE t.oid < 16384 AND typtype IN ('b', 'd', 'e', 'r', 'm')"
            + " AND NOT EXISTS (SELECT 1 FROM pg_type e WHERE e.typarray = t.oid) ORDER BY 1";

    private static final Map<String, Type> TYPES = new LinkedHashMap<>();

    /** Which values SQLite has no place for. */
    private static final List<String> NOT_IN_SQLITE = List.of("NaN", "-0");

    static {
        type("bool", "true", "false");
        type("int2", "-32768", "32767", "0");
        type("int4", "-2147483648", "2147483647");
        type("int8", "-9223372036854775808", "9223372036854775807", "9007199254740993");
        type("float4", "1e-45", "3.4028235e38", "0.1", "Infinity", "-Infinity", "16777216", "NaN", "-0");
        type("float8", "5e-324", "1.7976931348623157e308", "0.30000000000000004", "Infinity", "-Infinity", "NaN", "-0");
        type("numeric", "NaN", "Infinity", "-Infinity", "9".repeat(1000) + "." + "123456789".repeat(100), "0.00",
                "-0.0",
                "1e131071", "1e-16383", "100010000.00010000");
        type("money", "92233720368547758.07", "-92233720368547758.08", "0.01");
        type("oid", "0", "4294967295");
        type("xid", "0", "4294967295");
        type("xid8", "0", "18446744073709551615");
        type("cid", "0", "4294967295");
        type("tid", "(0,0)", "(4294967295,65535)");
        type("pg_lsn", "0/0", "FFFFFFFF/FFFFFFFF");
        type("pg_snapshot", "10:20:10,14,15", "1:1:");
        type("txid_snapshot", "10:20:10,14,15", "1:1:");
        type("text", "", " ", "a  ", "\t\n\r\\N\b\f\u000b\u007f", "\\.", "NULL", "null", "'\"{},",
                "e\u0301\u00e9\u200b\ufeff",
                new String(Character.toChars(0x10ffff)) + "\uffff", "long ".repeat(50_000));
        type("varchar", "", "a  ", "NULL", "\u00fc");
        type("bpchar", "", "a  ", "\u00fc");
        type("name", "", "n".repeat(63), "\"quoted\"");
        type("char", "", "a", "\"", "\\", " ");
        type("refcursor", "", "a cursor");
        type("bytea", "", "\\x00", "\\x00ff5c27", "\\x" + "00".repeat(100_000));
        type("date", "4714-11-24 BC", "0001-01-01 BC", "0001-01-01", "1582-10-10", "1969-12-31", "5874897-12-31",
                "infinity", "-infinity");
        type("time", "00:00:00", "23:59:59.999999", "24:00:00");
        type("timetz", "00:00:00+15:59:59", "24:00:00-15:59:59", "12:00:00.000001+05:30");
        type("timestamp", "4714-11-24 00:00:00 BC", "1969-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999",
                "infinity", "-infinity");
        type("timestamptz", "4714-11-24 00:00:00+00 BC", "1883-11-18 12:03:57.5-07:52:58",
                "1969-12-31 23:59:59.999999Z",
                "294276-12-31 23:59:59.999999+00", "infinity", "-infinity");
        type("interval", "178000000 years", "-178000000 years", "1 mon -1 days +00:00:00.000001", "-0.000001 s",
                "1 day",
                "24 hours", "2147483647 months 2147483647 days 2562047788:00:54.775807");
        type("uuid", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff");
        type("json", "null", " {\"a\" : 1.0,\"a\":2 } ", "\"\\u0000\"", "1e400", "\"\\ud83d\\ude00\"", "[]");
        type("jsonb", "null", "{\"b\": 1e400, \"a\": [null, true, \"\\u20ac\"]}", "\"\\\\u0000\"", "1.0", "\"\"");
        type("jsonpath", "$", "strict $.\"a\"[*]?(@ > 1.5 && @.\"b\" like_regex \"^x\" flag \"i\")",
                "lax $.\"\u00e9\"");
        type("xml", "", "no more than a text", "<a b=\"c\">\u00e9<!-- d --></a>", "<?xml version=\"1.1\"?><a/>");
        type("inet", "::", "::ffff:1.2.3.4/96", "0.0.0.0/0", "10.0.0.1/8", "255.255.255.255");
        type("cidr", "::/0", "10.0.0.0/8", "10.0.0.1/32");
        type("macaddr", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff");
        type("macaddr8", "00:00:00:00:00:00:00:00", "08:00:2b:01:02:03:04:05");
        type("bit", "", "0", "10101", "1".repeat(1000));
        type("varbit", "", "0", "10101");
        type("point", "(0.1,-0)", "(NaN,Infinity)", "(5e-324,-1.7976931348623157e+308)");
        type("line", "{1,2,3}", "{-1,0.1,5e-324}");
        type("lseg", "[(0,0),(1,-0)]", "[(0.1,0.2),(Infinity,NaN)]");
        type("box", "(2,2),(0,0)", "(Infinity,0.1),(-Infinity,-0.1)");
        type("path", "[(0,0),(1,1)]", "((0,0),(1,1),(0.1,5e-324))");
        type("polygon", "((0,0),(1,1))", "((0.1,-0))");
        type("circle", "<(0,0),1>", "<(0.1,-0),Infinity>");
        type("tsvector", "", "'it''s':1A,16383 'a b' 'back\\\\slash':2B");
        type("tsquery", "", "!( 'a b':A* <-> 'c' ) | 'it''s' <2> 'd':BC");
        type("int2vector", "", "1 2 -32768");
        type("oidvector", "", "1 4294967295");
        type("aclitem", "=r/postgres", "postgres=arwdDxt/postgres");
        type("regclass", "-", "pg_class", "information_schema.tables");
        type("regcollation", "-", "\"C\"");
        type("regconfig", "english");
        type("regdictionary", "simple");
        type("regnamespace", "-", "pg_catalog", "information_schema");
        type("regoper", "0", "||/");
        type("regoperator", "0", "+(integer,integer)", "||/(NONE,double precision)");
        type("regproc", "-", "version");
        type("regprocedure", "-", "lower(text)", "numeric(numeric,integer)");
        type("regrole", "-", "postgres");
        type("regtype", "-", "integer", "text[]", "timestamp with time zone", "\"char\"");
        for (String range : List.of("int4range", "int8range", "numrange")) {
            type(range, "empty", "(,)", "[1,5)", "[,7)");
        }
        type("daterange", "empty", "[2026-01-01,2026-02-01)", "[-infinity,infinity]", "(,0044-03-15 BC)");
        type("tsrange", "empty", "[\"2026-01-01 00:00:00.000001\",infinity)", "(,)");
        type("tstzrange", "empty", "[-infinity,\"1969-12-31 23:59:59.999999+00\"]", "(,)");
        for (String multirange : List.of("int4multirange", "int8multirange", "nummultirange")) {
            type(multirange, "{}", "{(,)}", "{[1,3),[5,)}");
        }
        type("datemultirange", "{}", "{[2026-01-01,2026-02-01),[2027-01-01,infinity)}");
        type("tsmultirange", "{}", "{[\"2026-01-01 00:00:00.000001\",infinity]}");
        type("tstzmultirange", "{}", "{(,\"1969-12-31 23:59:59.999999+00\"]}");
        domain("cardinal_number", "0", "2147483647");
        domain("character_data", "", "a ");
        domain("sql_identifier", "", "n".repeat(63));
        domain("time_stamp", "infinity", "1969-12-31 23:59:59.99Z");
        domain("yes_or_no", "YES", "NO");
        // The server makes these itself, and takes them from nobody.
        internal("pg_node_tree", "(SELECT ev_action FROM pg_rewrite ORDER BY oid LIMIT 1)");
        internal("pg_ndistinct", "(SELECT stxdndistinct FROM pg_statistic_ext_data)");
        internal("pg_dependencies", "(SELECT stxddependencies FROM pg_statistic_ext_data)");
        internal("pg_mcv_list", "(SELECT stxdmcv FROM pg_statistic_ext_data)");
        // Of these no query has a value.
        internal("pg_brin_bloom_summary", "NULL");
        internal("pg_brin_minmax_multi_summary", "NULL");
        internal("gtsvector", "NULL");
    }

    /**
     * A type.
     *
     * @param name as the catalog has it
     * @param sql as a column is declared with it, without length or precision
     * @param values expressions
     * @param written whether a value can be written; else only the server makes some
     */
    record Type(String name, String sql, List<String> values, boolean written) {
        /** The table that has a row for each value, a row of nulls, and beside each value an array of some form with it. */
        List<String> table(boolean forSqlite) {
            String table = table();
            List<String> statements = new ArrayList<>();
            statements.add("CREATE TABLE " + table + " (id integer PRIMARY KEY, v " + sql
                    + array().map(type -> ", a " + type).orElse("") + ")");
            statements.add("INSERT INTO " + table + " VALUES (0)");
            List<String> kept = values.stream()
                    .filter(value -> !forSqlite || !name.startsWith("float")
                            || NOT_IN_SQLITE.stream().noneMatch(refused -> value.equals("'" + refused + "'::" + sql)))
                    .toList();
            for (int i = 0; i < kept.size(); i++) {
                String value = kept.get(i);
                String array = array().map(type -> ", " + arrays(type, value).get(statements.size() % 6)).orElse("");
                statements.add("INSERT INTO " + table + " VALUES (" + (i + 1) + ", " + value + array + ")");
            }
            return statements;
        }

        private static List<String> arrays(String type, String value) {
            return List.of("ARRAY[" + value + "]::" + type, "ARRAY[" + value + ", NULL, " + value + "]::" + type,
                    "ARRAY[[" + value + ", NULL], [" + value + ", " + value + "]]::" + type,
                    "('[-2:-1]=' || ARRAY[" + value + ", " + value + "]::" + type + "::text)::" + type, "'{}'::" + type,
                    "('[0:0][5:6]=' || ARRAY[[" + value + ", " + value + "]]::" + type + "::text)::" + type);
        }

        private Optional<String> array() {
            return written ? Optional.of(sql + "[]") : Optional.empty();
        }

        String table() {
            return "\"t_" + name + "\"";
        }
    }

    private BuiltInTypes() {}

    /** By their names in the catalog. */
    static Map<String, Type> all() {
        return TYPES;
    }

    /** Those of which a value can be written. */
    static List<Type> written() {
        return TYPES.values().stream().filter(Type::written).toList();
    }

    /** Those of which only the server makes values. */
    static List<Type> internal() {
        return TYPES.values().stream().filter(type -> !type.written()).toList();
    }

    /** Makes the tables of some types, and what their values are made from. */
    static void make(PostgresServer.Database database, List<Type> types, boolean forSqlite) throws Exception {
        database.execute(
                "CREATE TABLE \"of statistics\" AS SELECT i / 10 AS a, i / 20 AS b FROM generate_series(1, 200) i",
                "CREATE STATISTICS of_two (ndistinct, dependencies, mcv) ON a, b FROM \"of statistics\"",
                "ANALYZE \"of statistics\"");
        for (Type type : types) {
            database.execute(type.table(forSqlite).toArray(String[]::new));
        }
    }

    private static void type(String name, String... values) {
        inSchema("pg_catalog", name, values);
    }

    private static void domain(String name, String... values) {
        inSchema("information_schema", name, values);
    }

    private static void inSchema(String schema, String name, String... values) {
        String sql = schema + ".\"" + name + "\"";
        TYPES.put(name, new Type(name, sql, List.of(values)
                .stream()
                .map(value -> "'" + value.replace("'", "''") + "'::" + sql)
                .toList(), true));
    }

    private static void internal(String name, String expression) {
        TYPES.put(name, new Type(name, "pg_catalog.\"" + name + "\"", List.of(expression), false));
    }
}
