package dev.godwit.activities.load;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.SplittableRandom;
import javax.net.ssl.SSLException;

/** One connection, and one request at a time on it. It belongs to an event loop, and no other thread touches it. */
final class VirtualUser {
    private static final int NONE = -1;
    private static final int LONGEST = 200;
    private static final byte[] NOTHING = {};

    private final UserLoop home;
    private final SplittableRandom random;
    private Channel channel;
    private int request = NONE;
    private String target = "";
    private long from;
    private long deadline;
    private int status = NONE;
    private boolean reused;
    private boolean resent;
    private long good;

    VirtualUser(UserLoop home, int number) {
        this.home = home;
        this.random = new SplittableRandom(number);
    }

    SplittableRandom random() {
        return random;
    }

    /** Begins to count its good answers anew. */
    void begin() {
        good = 0;
    }

    /** How many good answers it had. */
    long good() {
        return good;
    }

    /**
     * Makes a request.
     *
     * @param number of the request
     * @param since from when the answer's time counts
     */
    void ask(int number, long since) {
        ask(number, "", since);
    }

    /**
     * Makes a request that follows from an answer.
     *
     * @param address where it goes
     */
    void ask(int number, String address, long since) {
        request = number;
        target = address;
        from = since;
        deadline = System.nanoTime() + home.within();
        resent = false;
        send();
    }

    /** Whether the last request had an answer, good or bad. */
    boolean wasAnswered() {
        return status != NONE;
    }

    /** Gives up an answer that has taken too long. */
    void sweep(long now) {
        if (request != NONE && now - deadline > 0) {
            leave();
            end("timeout");
        }
    }

    /** Ends the connection, if there is one. */
    void leave() {
        Channel left = channel;
        channel = null;
        if (left != null) {
            left.close();
        }
    }

    private void send() {
        status = NONE;
        reused = channel != null && channel.isActive();
        if (reused) {
            channel.writeAndFlush(home.message(request, target));
            return;
        }
        ChannelFuture connecting = home.connect(new Answers());
        channel = connecting.channel();
        connecting.addListener(done -> connected(connecting));
    }

    private void connected(ChannelFuture connecting) {
        Channel opened = connecting.channel();
        if (opened != channel || request == NONE) {
            opened.close();
        } else if (connecting.isSuccess()) {
            opened.writeAndFlush(home.message(request, target));
        } else {
            channel = null;
            end(kindOf(connecting.cause()));
        }
    }

    private void closed() {
        channel = null;
        if (request == NONE) {
            return;
        }
        if (reused && status == NONE && !resent && home.request(request).repeatable()) {
            resent = true;
            home.tally().resent();
            send();
        } else {
            end("connection closed");
        }
    }

    private void answered(boolean keepAlive, byte[] content) {
        if (!keepAlive) {
            leave();
        }
        end(home.request(request).good(status) ? "" : "status " + status, content);
    }

    private void broken(String kind) {
        leave();
        if (request != NONE) {
            end(kind);
        }
    }

    private void end(String error) {
        end(error, NOTHING);
    }

    private void end(String error, byte[] content) {
        int ended = request;
        request = NONE;
        boolean counts = home.ended(ended, from, System.nanoTime(), error);
        good += counts && error.isEmpty() ? 1 : 0;
        if (!error.isEmpty() || !home.mayFollow(ended) || !home.follow(this, ended, content)) {
            home.next(this, error);
        }
    }

    private static String kindOf(Throwable cause) {
        for (Throwable at = cause; at != null; at = at.getCause()) {
            if (at instanceof SSLException) {
                return shortened("TLS: " + at.getMessage());
            }
            if (at instanceof UnknownHostException || at instanceof UnresolvedAddressException) {
                return "no such host";
            }
            if (at instanceof io.netty.channel.ConnectTimeoutException) {
                return "cannot connect";
            }
            if (at instanceof ConnectException) {
                return "connection refused";
            }
        }
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return message.contains("reset") || message.contains("Broken pipe") ? "connection closed" : shortened(message);
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }

    /** What comes on one connection; late news of one that was given up is for nobody. */
    private final class Answers extends ChannelInboundHandlerAdapter {
        private boolean keepAlive;
        private boolean interim;
        private final ByteArrayOutputStream content = new ByteArrayOutputStream(0);

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            try {
                if (context.channel() == channel && request != NONE && message instanceof HttpObject part) {
                    read(part);
                } else if (context.channel() == channel && request == NONE) {
                    leave(); // Nobody asked: the next answer could be taken for another one's.
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        private void read(HttpObject part) {
            if (part.decoderResult().isFailure()) {
                broken("not HTTP");
                return;
            }
            if (part instanceof HttpResponse response) {
                int code = response.status().code();
                interim = code / 100 == 1;
                if (!interim) {
                    status = code;
                    keepAlive = HttpUtil.isKeepAlive(response);
                    content.reset();
                }
            }
            if (part instanceof HttpContent some && home.mayFollow(request)
                    && content.size() + some.content().readableBytes() <= FollowUp.MOST_BYTES) {
                content.writeBytes(ByteBufUtil.getBytes(some.content()));
            }
            if (part instanceof LastHttpContent && !interim) {
                answered(keepAlive, content.toByteArray());
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (context.channel() == channel) {
                closed();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
                exceptionCaught(context, handshake.cause());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (context.channel() == channel) {
                broken(kindOf(cause));
            } else {
                context.close();
            }
        }
    }
}
