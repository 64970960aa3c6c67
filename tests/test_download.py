"""Where MovieLens comes from, and every way in which it can fail to come.

All servers are local, all archives are built here, nothing is written outside tmp_path.
"""

import hashlib
import http.server
import io
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from lecture_utils import download

GOOD = {f"ml-100k/{name}": f"content of {name}\n".encode() * 99 for name in download.FILES}
REAL = os.environ.get(download.ENVIRONMENT)

# A process of its own, without the second that importing torch takes.
CHILD = """
import importlib.util, sys
module, cache, sha256, *urls = sys.argv[1:]
spec = importlib.util.spec_from_file_location("download", module)
download = importlib.util.module_from_spec(spec)
spec.loader.exec_module(download)
download.SHA256, download.URLS = sha256, urls
download.pooch.os_cache = lambda name: cache
"""
FIND = "print(download.find_movielens())"
AS_ANYBODY = """
import os
if os.geteuid() == 0:  # for root nothing is read-only, and to others pytest's folders are closed
    os.chroot({folder!r})
    os.chdir("/")
    cache = cache.removeprefix({folder!r})
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
problems = download.describe().problems
print(cache, problems)
if problems:
    download.find_movielens()
"""


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


ARCHIVE = zipped(GOOD)
KEPT = {"ml-100k.zip": ARCHIVE}  # all that the cache holds


def unpack(folder: Path) -> Path:
    """Unpack the archive as a student does."""
    with zipfile.ZipFile(io.BytesIO(ARCHIVE)) as archive:
        archive.extractall(folder)
    return folder / "ml-100k"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder under tmp_path, no LECTURE_DATA_DIR, no remembered failure, no proxy."""
    folder = tmp_path / "cache" / "lecture_utils"
    monkeypatch.setattr(download.pooch, "os_cache", lambda name: str(tmp_path / "cache" / name))
    monkeypatch.setattr(download, "_failures", [])
    monkeypatch.delenv(download.ENVIRONMENT, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    return folder


@pytest.fixture
def serve(cache, monkeypatch):
    """serve(first, second, ...): one server per answer, as download.URLS.

    An answer is the bytes to send, or a function of the request handler. The returned list
    grows by the path of each request. The expected hash is that of `archive`.
    """
    servers, requests = [], []

    def start(*answers, archive=ARCHIVE):
        urls = []
        for answer in answers:
            server = Server(answer, requests)
            servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            urls.append(f"http://127.0.0.1:{server.server_port}/{len(servers)}.zip")
        monkeypatch.setattr(download, "URLS", tuple(urls))
        monkeypatch.setattr(download, "SHA256", hashlib.sha256(archive).hexdigest())
        return requests

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, answer, requests):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                requests.append(self.path)
                if isinstance(answer, bytes):
                    send(self, answer)
                else:
                    answer(self)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, *_):
        pass  # the client that went away is the point of the test


def send(handler, body: bytes, length: int | None = None) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def child(cache: Path, script: str = FIND) -> subprocess.Popen:
    argv = [download.__file__, str(cache), download.SHA256, *download.URLS]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", CHILD + script, *argv], **pipes)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under `folder` with its content."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def refused(cache: Path, *reasons: str) -> None:
    """Each server's failure is told with its reason, and nothing is left behind."""
    with pytest.raises(download.DownloadError) as caught:
        download.find_movielens()
    assert len(caught.value.failures) == len(reasons) == len(download.URLS)
    for (url, told), server, reason in zip(caught.value.failures, download.URLS, reasons):
        assert url == server and reason in told
        assert f"{url}: {told}" in str(caught.value)
    assert download.ENVIRONMENT in str(caught.value) and "root=" in str(caught.value)
    assert list(cache.iterdir()) == []


def test_first_server_fills_the_cache_once(cache, serve, capfd):
    requests = serve(ARCHIVE, b"never asked")
    folder = download.find_movielens()
    assert str(folder / "u.item") == str(cache / "ml-100k.zip" / "ml-100k" / "u.item")
    assert {f"ml-100k/{name}": (folder / name).read_bytes() for name in download.FILES} == GOOD
    assert contents(cache) == KEPT  # the temporary file is gone
    assert str(download.find_movielens()) == str(folder)
    assert requests == ["/1.zip"]
    assert capfd.readouterr() == ("", "")  # pooch keeps quiet


def test_published_addresses_and_limits():
    assert download.URLS == (
        "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
        "https://huggingface.co/datasets/Recommenders/MovieLens/resolve/main/ml-100k.zip",
    )
    assert download.SHA256 == "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"
    assert sum(download.TIMEOUT) <= 15  # seconds until a silent server is given up
    assert 60 <= download.DEADLINE <= 180  # 4.9 MB on a slow line; a student who waits


def test_published_hashes():
    parts = [f"{split}.{part}" for split in download.SPLITS for part in ("base", "test")]
    assert [*download.HASHES] == ["u.data", "u.item", "u.user", *parts] == [*download.FILES]
    published = {
        "u.data": "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490",
        "ua.base": "67b5bcdb380c29f85d56a012ecd88612ae020f30a6730d117a334ee8203b91f2",
        "ua.test": "d0497e202417720f57a184ec8c66be2d1afa4ff41bb53787c57b28d6bf79bc42",
    }
    assert {name: download.HASHES[name] for name in published} == published
    everything = " ".join(download.HASHES.values()).encode()  # no digit changes unnoticed
    assert (
        hashlib.sha256(everything).hexdigest()
        == "b119ba711f0f215e4b7d9a4755647ccdde7cec6a1c8955b82cd945beadc70dbc"
    )


def test_order_is_root_environment_cache_download(cache, serve, tmp_path, monkeypatch):
    requests = serve(ARCHIVE)
    cached = download.find_movielens()
    given, named = unpack(tmp_path / "given"), unpack(tmp_path / "named")
    monkeypatch.setenv(download.ENVIRONMENT, str(named))
    assert download.find_movielens(given) == given
    assert download.find_movielens(str(given)) == given
    assert download.find_movielens() == named
    monkeypatch.setenv(download.ENVIRONMENT, "")
    assert str(download.find_movielens()) == str(cached)
    assert len(requests) == 1


@pytest.mark.parametrize("way", ["root", download.ENVIRONMENT])
@pytest.mark.parametrize("zipped_again", [False, True])
def test_what_lacks_a_file_is_an_error(way, zipped_again, cache, serve, tmp_path, monkeypatch):
    requests = serve(ARCHIVE)
    download.find_movielens()  # a good cache to fall through to, were it allowed
    given = unpack(tmp_path / "given")
    (given / "ub.test").unlink()
    if zipped_again:
        given = tmp_path / "given" / "mine.zip"
        given.write_bytes(zipped({k: v for k, v in GOOD.items() if "ub.test" not in k}))
    before = contents(tmp_path)
    if way != "root":
        monkeypatch.setenv(way, str(given))
    with pytest.raises(FileNotFoundError) as caught:
        download.find_movielens(given if way == "root" else None)
    for word in (str(given), way, "ub.test", "root="):
        assert word in str(caught.value)
    assert "ub.base" not in str(caught.value)
    assert contents(tmp_path) == before and len(requests) == 1


def test_zip_itself_will_do(cache, tmp_path):
    path = tmp_path / "ml-100k.zip"
    path.write_bytes(ARCHIVE)
    folder = download.find_movielens(path)
    assert (folder / "u.data").read_bytes() == GOOD["ml-100k/u.data"]


@pytest.mark.parametrize("given", ["Downloads", "Downloads/ml-100k", "Downloads/zip", "half.zip"])
def test_did_you_mean(given, cache, tmp_path):
    """Windows unpacks a folder into a folder; or nothing is unpacked; or it is no zip at all."""
    inner = unpack(tmp_path / "Downloads")
    (tmp_path / "Downloads" / "zip").mkdir()
    (tmp_path / "Downloads" / "zip" / "ml-100k.zip").write_bytes(ARCHIVE)
    (tmp_path / "half.zip").write_bytes(ARCHIVE[: len(ARCHIVE) // 2])
    meant = {"Downloads": inner, "Downloads/zip": tmp_path / "Downloads" / "zip" / "ml-100k.zip"}
    if given == "Downloads/ml-100k":
        shutil.rmtree(inner)
        meant[given] = tmp_path / "Downloads" / "ml-100k.zip"
        meant[given].write_bytes(ARCHIVE)
    with pytest.raises(FileNotFoundError) as caught:
        download.find_movielens(tmp_path / given)
    told = str(caught.value)
    assert f"{tmp_path / given} (root) lacks u.data, u.item, u.user and 14 more: pass root=" in told
    assert told.endswith(f"; did you mean {meant[given]}?" if given in meant else "ml-100k.zip")
    if given in meant:
        assert download.find_movielens(meant[given])


@pytest.mark.parametrize("damage", ["lost", "cut", "forged"])
def test_cache_that_does_not_verify_is_filled_again(damage, cache, serve):
    requests = serve(ARCHIVE)
    download.find_movielens()
    archive = cache / "ml-100k.zip"
    if damage == "lost":
        archive.unlink()
    else:
        archive.write_bytes(ARCHIVE[:99] if damage == "cut" else zipped({"ml-100k/u.data": b""}))
    assert download.describe() == ("download", archive, [])
    download.find_movielens()
    assert contents(cache) == KEPT and len(requests) == 2


def test_mirror_steps_in(cache, serve):
    requests = serve(lambda handler: handler.send_error(503), ARCHIVE)
    download.find_movielens()
    assert contents(cache) == KEPT and requests == ["/1.zip", "/2.zip"]


def test_truncated_zip(cache, serve):
    half = ARCHIVE[: len(ARCHIVE) // 2]
    serve(lambda handler: send(handler, half, length=len(ARCHIVE)), half)
    refused(cache, "IncompleteRead", "hash")


def test_wrong_hash(cache, serve):
    serve(zipped(GOOD | {"ml-100k/u.data": b"forged"}), b"<html>log in to this network</html>")
    refused(cache, "hash", "hash")


def test_server_gone(cache, serve):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    serve()
    download.URLS = (f"http://127.0.0.1:{port}/x.zip", f"http://127.0.0.1:{port}/y.zip")
    refused(cache, "ConnectionRefusedError", "ConnectionRefusedError")


def test_missing_on_the_server(cache, serve):
    serve(lambda handler: handler.send_error(404))
    refused(cache, "HTTPError: 404")


def test_stalled_and_dripping_servers(cache, serve, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (0.3, 0.3))
    monkeypatch.setattr(download, "DEADLINE", 0.6)
    over = threading.Event()

    def stall(handler):
        send(handler, ARCHIVE[:2000], length=len(ARCHIVE))
        over.wait(30)

    def drip(handler):
        send(handler, b"", length=10**9)
        for _ in range(100):
            handler.wfile.write(bytes(1024))
            over.wait(0.05)

    serve(lambda handler: over.wait(30), stall, drip)
    started = time.monotonic()
    refused(cache, "timed out", "timed out", "not done after")
    assert time.monotonic() - started < 5
    over.set()


def test_untrusted_certificate_is_refused(cache, serve, tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("no openssl command to make a certificate with")
    pem = tmp_path / "server.pem"
    options = (
        "-x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=me -addext subjectAltName=IP:127.0.0.1"
    )
    files = ["-keyout", pem, "-out", tmp_path / "crt"]
    subprocess.run(["openssl", "req", *options.split(), *files], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "crt").read_text())
    requests = []
    server = Server(ARCHIVE, requests)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    serve()
    download.URLS = (f"https://127.0.0.1:{server.server_port}/x.zip",)
    refused(cache, "CERTIFICATE_VERIFY_FAILED")
    assert requests == []
    server.shutdown()
    server.server_close()


def test_failure_is_remembered(cache, serve, monkeypatch):
    requests = serve(b"wrong")
    refused(cache, "hash")
    serve(ARCHIVE)  # back again, yet this process has given up
    with pytest.raises(download.DownloadError, match="hash"):
        download.find_movielens()
    assert requests == ["/1.zip"]
    assert "hash" in download.describe().problems[0]
    (cache / "ml-100k.zip").write_bytes(ARCHIVE)  # which another process has got
    assert download.find_movielens() and requests == ["/1.zip"]


def test_failure_of_the_first_server_alone_is_not_remembered(cache, serve):
    serve(b"wrong", ARCHIVE)
    download.find_movielens()
    (cache / "ml-100k.zip").unlink()
    requests = serve(ARCHIVE)
    download.find_movielens()
    assert requests == ["/1.zip", "/2.zip", "/3.zip"] and contents(cache) == KEPT


@pytest.mark.parametrize("place", ["cache", "cache/lecture_utils"])
def test_file_where_the_cache_folder_should_be(place, cache, serve, tmp_path):
    requests = serve(ARCHIVE)
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("precious")
    with pytest.raises(OSError, match="cannot use the cache folder") as caught:
        download.find_movielens()
    for word in (str(cache), download.ENVIRONMENT, "root="):
        assert word in str(caught.value)
    assert f"캐시 폴더 {cache}에 쓸 수 없습니다" in download.describe().problems[0]
    assert contents(tmp_path) == {place: b"precious"} and requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="permissions by chmod")
@pytest.mark.parametrize("mode", [0o777, 0o555, 0o000], ids=["fine", "read-only", "unreadable"])
def test_cache_folder_without_permission(mode, cache, serve):
    requests = serve(ARCHIVE)
    cache.mkdir(parents=True)
    cache.chmod(mode)
    process = child(cache, AS_ANYBODY.format(folder=str(cache.parent)))
    stdout, stderr = process.communicate(timeout=30)
    cache.chmod(0o755)
    place, problems = stdout.strip().split(" ", 1)
    assert list(cache.iterdir()) == [] and requests == []
    if mode == 0o777:  # so the others are refused for their permissions
        assert (process.returncode, problems, stderr) == (0, "[]", "")
    else:
        denied = "([Errno 13] Permission denied"
        assert f"캐시 폴더 {place}에 쓸 수 없습니다 {denied}" in problems
        assert f"OSError: cannot use the cache folder {place} {denied}" in stderr
        assert process.returncode == 1 and download.ENVIRONMENT in stderr


def test_two_processes_fill_the_cache_at_once(cache, serve):
    together = threading.Barrier(2)

    def answer(handler):
        together.wait(20)  # neither gets a byte before both have asked
        send(handler, ARCHIVE)

    requests = serve(answer)
    processes = [child(cache) for _ in range(2)]
    for process in processes:
        stdout, stderr = process.communicate(timeout=30)
        assert (process.returncode, stderr) == (0, "")
        assert Path(stdout.strip()) == cache / "ml-100k.zip" / "ml-100k"
    assert requests == ["/1.zip", "/1.zip"]
    assert contents(cache) == KEPT


def test_another_process_is_faster(cache, serve):
    """Where our server then fails, the zip that it has put there is used."""

    def answer(handler):
        (cache / "ml-100k.zip").write_bytes(ARCHIVE)
        handler.send_error(503)

    requests = serve(answer, b"never asked")
    assert download.find_movielens()
    assert contents(cache) == KEPT and requests == ["/1.zip"]


def test_kill_in_the_middle_of_a_download(cache, serve):
    over = threading.Event()

    def answer(handler):
        send(handler, ARCHIVE[: len(ARCHIVE) // 2], length=len(ARCHIVE))
        over.wait(30)

    serve(answer)
    process = child(cache)
    deadline = time.monotonic() + 20
    while not any(path.stat().st_size for path in cache.glob("*")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    over.set()
    (half,) = cache.iterdir()  # it was in the middle
    assert half.name != "ml-100k.zip" and download.describe().origin == "download"
    serve(ARCHIVE)
    download.find_movielens()
    assert (cache / "ml-100k.zip").read_bytes() == ARCHIVE


def test_interrupt_leaves_nothing(cache, serve, monkeypatch):
    """Up to the very last step there is no zip, and Ctrl-C there leaves nothing."""

    def interrupt(*_):
        assert not (cache / "ml-100k.zip").exists()
        raise KeyboardInterrupt

    serve(ARCHIVE)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("os.rename", interrupt)  # pooch moves what it has verified
        download.find_movielens()
    assert list(cache.iterdir()) == []
    assert download.find_movielens() and contents(cache) == KEPT


def test_describe_downloads_nothing(cache, serve):
    requests = serve(ARCHIVE)
    assert download.describe() == ("download", cache / "ml-100k.zip", [])
    assert requests == [] and list(cache.iterdir()) == []


@pytest.mark.parametrize("packed", [False, True])
def test_describe_names_what_does_not_verify(packed, cache, serve, tmp_path, monkeypatch):
    serve(ARCHIVE)
    download.find_movielens()
    assert download.describe() == ("cache", cache / "ml-100k.zip", [])
    given = cache / "ml-100k.zip" if packed else unpack(tmp_path / "given")
    source = download.describe(given)
    assert (source.origin, source.path) == ("root", given)
    assert [line.split()[0] for line in source.problems] == list(download.HASHES)
    known = {Path(name).name: hashlib.sha256(GOOD[name]).hexdigest() for name in GOOD}
    monkeypatch.setattr(download, "HASHES", known)
    assert download.describe(given).problems == []


def test_describe_names_each_file(cache, tmp_path, monkeypatch):
    folder = unpack(tmp_path)
    known = {Path(name).name: hashlib.sha256(GOOD[name]).hexdigest() for name in GOOD}
    monkeypatch.setattr(download, "HASHES", known)
    for name in download.FILES:  # one byte in any file
        (folder / name).write_bytes(GOOD[f"ml-100k/{name}"][:-1] + b"?")
        (problem,) = download.describe(folder).problems
        assert problem.startswith(f"{name} 파일의 내용이 원본과 다릅니다 (sha256 ")
        (folder / name).write_bytes(GOOD[f"ml-100k/{name}"])
    (folder / "u.data").unlink()
    assert download.describe(folder) == ("root", folder, ["u.data 파일이 없습니다"])


def test_describe_survives_a_file_that_cannot_be_read(cache, tmp_path, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    (problem, *_) = download.describe(unpack(tmp_path)).problems
    assert problem.startswith("u.data 파일을 읽을 수 없습니다 ([Errno 13] ")


@pytest.mark.skipif(not REAL, reason=f"{download.ENVIRONMENT} is not set")
def test_real_copy_verifies():
    assert download.describe() == (download.ENVIRONMENT, Path(REAL), [])
    assert download.find_movielens() == Path(REAL)
