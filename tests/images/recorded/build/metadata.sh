cat > Dockerfile <<'X'
FROM base
MAINTAINER Jo <jo@x>
LABEL b="two words" a=1
LABEL old style text
ENV A=1 B="b b" C=$A
ENV OLD old value
ARG V
ARG W=x Y
ARG Z=${A}z
EXPOSE 80 443/tcp 53/udp 100-102
VOLUME /data
VOLUME ["/d2", "/d 3"]
STOPSIGNAL QUIT
HEALTHCHECK --interval=5m --timeout=3s --retries=2 CMD echo ok || exit 1
HEALTHCHECK CMD ["a","b"]
HEALTHCHECK NONE
SHELL ["/bin/sh","-ec"]
ONBUILD RUN echo triggered
RUN echo $A ${W} "$Z" > /out
RUN ["/bin/sh","-c","echo exec"]
CMD one two
ENTRYPOINT ["/bin/echo","a b"]
CMD ["x","y \" q", "<&>"]
X
