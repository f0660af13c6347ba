"""Losses on purpose, for the controls of .ci/served-crash: each is done to a copy of a store whose server was killed.

A kill loses nothing that was written, synced or not. So what a server would lose that answers too early, or does not
sync, is taken away here.
"""


def newest(folder, pattern):
    files = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not files:
        raise SystemExit(f"served-crash: control: there is no {pattern} in {folder}")
    return files[-1]


def cut(path, size_bytes, kept_bytes):
    """Fills the end of what was written with zeros: what lies there before anything is written. Heads are kept."""
    content = bytearray(path.read_bytes())
    end = len(content.rstrip(b"\0"))
    start = max(kept_bytes, end - size_bytes)
    content[start:end] = bytes(end - start)
    path.write_bytes(content)


def journal_end(server, clients):
    cut(newest(server.store / "journal", "[0-9]*.wal"), 4 << 10, 16 << 10)


def trail_end(server, clients):
    cut(newest(server.keyring / "kms" / "audit", "*.audit"), 4 << 10, 4 << 10)


def acknowledged(clients):
    """An object that is there, as its client was told: path and seeds."""
    for client in clients:
        for path, seeds in getattr(client, "state", {}).items():
            if len(seeds) == 1 and None not in seeds:
                return path
    raise SystemExit("served-crash: control: no client was answered")


def one_object(server, clients):
    server.run("delete", acknowledged(clients).lstrip("/"), "--store", server.store)


def one_body(server, clients):
    other = server.folder / "other"
    other.write_bytes(b"what nobody has written")
    server.run("put", other, acknowledged(clients).lstrip("/"), "--store", server.store)


def one_version(server, clients):
    for client in clients:
        for path, version, _ in getattr(client, "versions", []):
            return server.run("delete", path.lstrip("/"), "--version-id", version, "--store", server.store)
    raise SystemExit("served-crash: control: no client was told a version")


def one_record(server, clients):
    """What a server would do that did not ask the key service, or answered before the record was kept."""
    writer = next(client for client in clients if hasattr(client, "puts"))
    path = "keyed/without-a-record"
    other = server.folder / "other"
    other.write_bytes(b"under a key that nobody was asked for")
    server.run("put", other, path, "--sse", "AES256", "--store", server.store)
    writer.puts.append(f"/{path}")


LOSSES = {
    "the end of the journal": journal_end,
    "the end of the audit trail": trail_end,
    "the record of a put under SSE-KMS": one_record,
    "an object that was deleted": one_object,
    "an object that has another body": one_body,
    "a version that was deleted": one_version,
}
