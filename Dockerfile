# One image with the worker, the starter and the model server.
#
#   docker build -t switchboard:local .
#   docker run --rm switchboard:local finetune --help
#
# Without a command of another name it is the starter; docker-compose.yml runs
# the other two programs from the same image. See deploy/README.md.

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
# The modules change less often than the source, so they have a layer of their own.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# Static programs, which need nothing from the image they run in.
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/ ./worker ./starter ./modelserver
# Folders of the final image. A named volume takes over the owner of the folder
# that it is mounted on.
RUN mkdir -p /root-fs/artifacts /root-fs/datasets /root-fs/var/lib/switchboard/modelserver \
 && mkdir -m 1777 /root-fs/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# The time zones that schedules name.
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/share/
COPY --from=build --chown=65532:65532 /root-fs/ /
COPY --from=build /out/ /usr/local/bin/
# There is no shell, no package manager and no root to become.
USER 65532:65532
WORKDIR /tmp
ENV HOME=/tmp \
    PATH=/usr/local/bin \
    ZONEINFO=/usr/share/zoneinfo.zip \
    SWITCHBOARD_ARTIFACTS=/artifacts \
    SWITCHBOARD_MODELSERVER_DATA=/var/lib/switchboard/modelserver
ENTRYPOINT ["/usr/local/bin/starter"]
