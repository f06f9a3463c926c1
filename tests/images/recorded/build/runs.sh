printf 'one\n' > one; touch -d @1600000000 one
cat > Dockerfile <<'X'
FROM base
COPY one /www/one
RUN echo two > /www/two && mkdir -p /old/sub && echo z > /old/z && echo y > /old/sub/y
RUN rm /www/one
RUN rm -r /old && mkdir /old && echo n > /old/n
RUN chmod 600 /www/two && ln -s two /www/link && mkdir /new && mkdir -m 700 /new/dir
RUN true
RUN mv /www/two /www/three
WORKDIR /tmp
WORKDIR /w/x
RUN pwd > here
VOLUME /vol
RUN mkdir -p /vol/in && echo lost > /vol/in/f
USER 5:6
RUN echo $A > /tmp/mine
ENTRYPOINT echo hi
X
