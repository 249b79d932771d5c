# One image with the worker, the intake, the dashboard, the starter and the model server.
#
#   docker build -t switchboard:local .
#   docker run --rm switchboard:local finetune --help
#
# Without a command of another name it is the starter; docker-compose.yml runs
# the other programs from the same image. See deploy/README.md.
#
#   docker build --target ort -t switchboard:local .
#
# builds the same with a worker and a model server that run their models in ONNX
# Runtime.

#   docker build --target trainer -t switchboard:trainer .
#
# builds a model server with the trainer of language models, on Python, for a machine
# with a GPU (or without, slowly).

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
# The modules change less often than the source, so they have a layer of their own.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# Encoders, and models for names other than the shipped one, are some three times as
# fast with it.
ENV GOEXPERIMENT=simd
# Static programs, which need nothing from the image they run in.
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/ ./worker ./intake ./dashboard ./starter ./modelserver
# Folders of the final image. A named volume takes over the owner of the folder
# that it is mounted on.
RUN mkdir -p /root-fs/artifacts /root-fs/datasets /root-fs/models /root-fs/var/lib/switchboard/modelserver \
 && mkdir -m 1777 /root-fs/tmp

FROM scratch AS static
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

# The target ort. Its programs need two libraries that are not Go: ONNX Runtime,
# as Microsoft builds it, and Hugging Face's tokenizers, which is compiled from
# the source that the Go module carries.
FROM build AS source
RUN cp -r "$(go list -m -f '{{.Dir}}' github.com/daulet/tokenizers)" /tokenizers \
 && chmod -R u+w /tokenizers

FROM rust:1.95.0-bookworm AS tokenizers
COPY --from=source /tokenizers /tokenizers
WORKDIR /tokenizers
RUN cargo build --release --locked --package tokenizers-ffi

FROM build AS build-ort
ARG TARGETARCH=amd64
# The version whose interface github.com/yalue/onnxruntime_go 1.32.0 speaks.
ARG ONNXRUNTIME=1.28.0
RUN case "$TARGETARCH" in \
      amd64) file=onnxruntime-linux-x64-$ONNXRUNTIME sum=a3e1b79d7bb1bf09696ce675f49e4064e6c81f6202b8225624fff0e93f8d6407 ;; \
      arm64) file=onnxruntime-linux-aarch64-$ONNXRUNTIME sum=e15ff8b5d85afe6c144d97c6fd432254bf76a219daaf17658087d6ecb3e8f0bb ;; \
      *) echo "there is no ONNX Runtime for $TARGETARCH" >&2; exit 1 ;; \
    esac \
 && curl -fsSLo /tmp/onnxruntime.tgz "https://github.com/microsoft/onnxruntime/releases/download/v$ONNXRUNTIME/$file.tgz" \
 && echo "$sum  /tmp/onnxruntime.tgz" | sha256sum --check \
 && tar -xzf /tmp/onnxruntime.tgz -C /tmp \
 && mkdir -p /root-ort/usr/lib /root-ort/usr/local/bin /root-ort/usr/share/doc/onnxruntime \
 && cp "/tmp/$file/lib/libonnxruntime.so.$ONNXRUNTIME" /root-ort/usr/lib/libonnxruntime.so \
 && cp "/tmp/$file/LICENSE" "/tmp/$file/ThirdPartyNotices.txt" /root-ort/usr/share/doc/onnxruntime/
COPY --from=tokenizers /tokenizers/target/release/libtokenizers_ffi.a /usr/lib/libtokenizers.a
RUN CGO_ENABLED=1 go build -trimpath -ldflags "-s -w" -tags ORT,netgo,osusergo -o /root-ort/usr/local/bin/ ./worker ./modelserver
# The C libraries that the two were linked with.
RUN ldd /root-ort/usr/local/bin/worker /root-ort/usr/local/bin/modelserver /root-ort/usr/lib/libonnxruntime.so | grep -Eo '[[:space:]]/lib[^ ]*' | sort -u \
  | xargs cp -L --parents -t /root-ort

FROM static AS ort
COPY --from=build-ort /root-ort/ /

# The target trainer. PyTorch brings CUDA's libraries along; the driver is the host's.
FROM python:3.11-slim-bookworm AS trainer
COPY trainer/requirements.txt /opt/trainer/
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r /opt/trainer/requirements.txt
COPY trainer/switchboard_trainer /opt/trainer/switchboard_trainer
COPY --from=build --chown=65532:65532 /root-fs/models /models
COPY --from=build --chown=65532:65532 /root-fs/var/lib/switchboard /var/lib/switchboard
COPY --from=build /out/modelserver /usr/local/bin/
USER 65532:65532
WORKDIR /tmp
ENV HOME=/tmp \
    PYTHONPATH=/opt/trainer \
    SWITCHBOARD_MODELSERVER_DATA=/var/lib/switchboard/modelserver \
    SWITCHBOARD_MODELSERVER_TRAINER=/usr/local/bin/python

# Without --target, the static programs alone.
FROM static
