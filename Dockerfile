# Shouwang with Airflow and the shipped ONNX encoder: one image for every service of docker-compose.yml.
# torch only by --build-arg WITH_TORCH=yes.

FROM python:3.12.13-slim-bookworm AS build
RUN pip install --no-cache-dir --root-user-action=ignore uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /opt/shouwang
ARG WITH_TORCH=no
# The dependencies first: they change less often than the code.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-install-project --extra server --extra images \
    $(test "$WITH_TORCH" = yes && echo --extra sentence-transformers)
COPY monitors monitors
COPY search search
RUN uv sync --frozen --no-editable --extra server --extra images \
    $(test "$WITH_TORCH" = yes && echo --extra sentence-transformers)

FROM python:3.12.13-slim-bookworm
LABEL org.opencontainers.image.title="Shouwang" org.opencontainers.image.licenses="AGPL-3.0-or-later"
# The user id stands in docker-compose.yml too (OWNER).
RUN useradd --uid 10001 --create-home shouwang \
    && install -d -o shouwang -g shouwang -m 700 /var/lib/shouwang /var/lib/airflow
COPY --from=build /opt/shouwang/.venv /opt/shouwang/.venv
COPY dags /opt/shouwang/dags
COPY deploy /opt/shouwang/deploy
ENV PATH=/opt/shouwang/.venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /home/shouwang
USER shouwang
ENTRYPOINT ["/opt/shouwang/deploy/entrypoint.sh"]
CMD ["shouwang", "--help"]
