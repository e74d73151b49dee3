# The images of Cresset for machines that have Docker:
#
#   docker build --target cresset .          operator, gateway, command line
#   docker build --target cresset-worker .   trains and serves on CPUs
#   docker build --target cresset-worker-cuda .    on GPUs: with libtorch's part for them (a fetch of 3 GB)
#
# BASE names another Debian 12 (--build-arg); e2e/images/dockerfile.sh builds this file with buildah.
# `./dev images` makes the same images without Docker. What goes into them is decided in one place for
# both, e2e/images: this file only builds and copies the layers that it lays out.

# CUDA_BUILD=cuda leaves libtorch's part for GPUs out, as `./dev images` does: what runs in a pod with GPUs then says that it
# cannot use them.

ARG BASE=debian:12
FROM ${BASE} AS build
RUN apt-get update && \
    apt-get install -y --no-install-recommends ca-certificates git g++ ninja-build python3 && \
    rm -rf /var/lib/apt/lists/*
COPY . /src
WORKDIR /src
ENV CRESSET_CACHE=/cache

FROM build AS build-cresset
RUN ./dev build cresset && python3 e2e/images/images.py rootfs cresset /out

FROM build AS build-worker
RUN ./dev build cresset-worker && \
    CRESSET_TORCH_ROOT=/cache/torch/current CRESSET_ARROW_ROOT=/cache/arrow/current \
    python3 e2e/images/images.py rootfs cresset-worker /out

FROM build AS build-worker-cuda
ARG CUDA_BUILD=gpu
RUN ./dev build ${CUDA_BUILD} cresset-worker && \
    CRESSET_TORCH_ROOT=/cache/torch/current CRESSET_ARROW_ROOT=/cache/arrow/current \
    python3 e2e/images/images.py rootfs cresset-worker-cuda /out

FROM scratch AS cresset-worker-cuda
COPY --from=build-worker-cuda /out/tensors/ /
COPY --from=build-worker-cuda /out/libraries/ /
COPY --from=build-worker-cuda /out/instead/ /
COPY --from=build-worker-cuda /out/program/ /
USER 65532:65532
ENTRYPOINT ["/usr/bin/cresset-worker"]

FROM scratch AS cresset-worker
COPY --from=build-worker /out/tensors/ /
COPY --from=build-worker /out/libraries/ /
COPY --from=build-worker /out/program/ /
USER 65532:65532
ENTRYPOINT ["/usr/bin/cresset-worker"]

FROM scratch AS cresset
COPY --from=build-cresset /out/libraries/ /
COPY --from=build-cresset /out/program/ /
USER 65532:65532
ENTRYPOINT ["/usr/bin/cresset"]
