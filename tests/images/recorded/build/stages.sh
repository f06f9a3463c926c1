printf 'src\n' > src; touch -d @1600000000 src
cat > Dockerfile <<'X'
ARG BASE=base
FROM $BASE AS make
ARG V=3
COPY src /src
RUN cat /src /src > /made && echo $V >> /made && mkdir /tree && echo t > /tree/t
FROM base AS unused
RUN exit 7
FROM make AS more
ENV M=1
RUN echo more >> /made
FROM scratch
COPY --from=make /made /one
COPY --from=more /made /two
COPY --from=make /tree /tree/
EXPOSE 80 53/udp
CMD exec me
X
