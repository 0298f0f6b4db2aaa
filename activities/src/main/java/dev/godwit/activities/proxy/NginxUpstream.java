package dev.godwit.activities.proxy;

import dev.godwit.step.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The block {@code upstream} of an nginx configuration, by its place in the text, so that everything else stays as it
 * is: comments, other directives, and the parameters of servers.
 */
final class NginxUpstream {
    private static final String WEIGHT = "weight=";

    private final String text;
    private final String name;
    private final List<Server> servers = new ArrayList<>();

    /** A directive {@code server ADDRESS PARAMETER...;} and where it stands. */
    private record Server(int begin, int end, String address, List<String> parameters) {
        /** One that takes requests; the others stand by. */
        boolean serves() {
            return !parameters.contains("backup") && !parameters.contains("down");
        }

        int weight() {
            return parameters.stream()
                    .filter(parameter -> parameter.matches(WEIGHT + "[1-9]\\d{0,5}"))
                    .map(parameter -> Integer.parseInt(parameter.substring(WEIGHT.length())))
                    .findFirst()
                    .orElse(1);
        }
    }

    /** A word, a brace or a semicolon, and where it stands. */
    private record Token(int begin, int end, String text) {
        boolean is(String other) {
            return text.equals(other);
        }
    }

    private NginxUpstream(String text, String name) {
        this.text = text;
        this.name = name;
    }

    /**
     * Finds the block.
     *
     * @param file for messages
     * @throws StepFailure if there is none with a server that takes requests
     */
    static NginxUpstream find(String text, String name, Object file) {
        NginxUpstream upstream = new NginxUpstream(text, name);
        List<Token> tokens = tokens(text);
        for (int i = 0; i + 2 < tokens.size(); i++) {
            if (tokens.get(i).is("upstream") && tokens.get(i + 1).is(name) && tokens.get(i + 2).is("{")) {
                upstream.read(tokens.subList(i + 3, tokens.size()));
            }
        }
        if (upstream.serving().isEmpty()) {
            throw StepFailure.user("proxy-upstream-missing", file + " has no 'upstream " + name + "' with a server;"
                    + " write 'upstream " + name + " { server HOST:PORT; }' into this file, and include it in nginx's"
                    + " configuration");
        }
        return upstream;
    }

    List<Share> shares() {
        return serving().stream().map(server -> new Share(server.address(), server.weight())).toList();
    }

    /** The text with other servers in the place of those that take requests. */
    String with(List<Share> shares) {
        if (shares().equals(shares)) {
            return text;
        }
        List<String> directives = new ArrayList<>();
        for (Share share : shares) {
            List<String> words = new ArrayList<>(List.of("server", share.address()));
            words.addAll(parameters(share.address()));
            if (shares.size() > 1) {
                words.add(WEIGHT + share.weight());
            }
            directives.add(String.join(" ", words) + ";");
        }
        StringBuilder result = new StringBuilder(text);
        List<Server> old = serving();
        for (Server server : old.subList(1, old.size()).reversed()) {
            result.delete(lineBreakBefore(server.begin()), server.end());
        }
        Server first = old.getFirst();
        result.replace(first.begin(), first.end(), String.join(indentation(first.begin()), directives));
        return result.toString();
    }

    private List<Server> serving() {
        return servers.stream().filter(Server::serves).toList();
    }

    /** What is said of this server, or else of the first: how often it may fail, how many connections it takes. */
    private List<String> parameters(String address) {
        Optional<Server> same = servers.stream().filter(server -> server.address().equals(address)).findFirst();
        return same.filter(Server::serves)
                .orElseGet(() -> serving().getFirst())
                .parameters()
                .stream()
                .filter(parameter -> !parameter.startsWith(WEIGHT))
                .toList();
    }

    private void read(List<Token> block) {
        int begin = 0;
        for (int i = 0; i < block.size() && !block.get(i).is("}"); i++) {
            if (!block.get(i).is(";")) {
                continue;
            }
            List<Token> directive = block.subList(begin, i);
            if (directive.size() > 1 && directive.getFirst().is("server")) {
                servers.add(new Server(directive.getFirst().begin(), block.get(i).end(), directive.get(1).text(),
                        directive.subList(2, directive.size()).stream().map(Token::text).toList()));
            }
            begin = i + 1;
        }
    }

    /** The line break and the indentation before a place, where nothing else stands between; else nothing. */
    private String indentation(int place) {
        String before = text.substring(lineBreakBefore(place), place);
        return before.isEmpty() ? " " : before;
    }

    private int lineBreakBefore(int place) {
        int begin = place;
        while (begin > 0 && (text.charAt(begin - 1) == ' ' || text.charAt(begin - 1) == '\t')) {
            begin--;
        }
        if (begin > 0 && text.charAt(begin - 1) == '\n') {
            begin--;
            return begin > 0 && text.charAt(begin - 1) == '\r' ? begin - 1 : begin;
        }
        return place;
    }

    private static List<Token> tokens(String text) {
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '#') {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else {
                int end = tokenEnd(text, at);
                boolean quoted = end - at > 1 && (c == '"' || c == '\'') && text.charAt(end - 1) == c;
                tokens.add(new Token(at, end, quoted ? text.substring(at + 1, end - 1) : text.substring(at, end)));
                at = end;
            }
        }
        return tokens;
    }

    private static int tokenEnd(String text, int begin) {
        char first = text.charAt(begin);
        if ("{};".indexOf(first) >= 0) {
            return begin + 1;
        }
        boolean quoted = first == '"' || first == '\'';
        int end = quoted ? begin + 1 : begin;
        while (end < text.length()) {
            char c = text.charAt(end);
            if (c == '\\' && end + 1 < text.length()) {
                end += 2;
            } else if (quoted && c == first) {
                return end + 1;
            } else if (!quoted && (Character.isWhitespace(c) || "{};".indexOf(c) >= 0)) {
                return end;
            } else {
                end++;
            }
        }
        return end;
    }
}
