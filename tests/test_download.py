"""Where MovieLens comes from, and every way in which it can fail to come.

All servers are local, all archives are built here, nothing is written outside tmp_path.
"""

import hashlib
import http.server
import io
import os
import threading
import time
import zipfile
from pathlib import Path
from unittest import mock

import pytest

from lecture_utils import diagnosis, download

GOOD = {f"ml-100k/{name}": f"content of {name}\n".encode() * 99 for name in download.FILES}
REAL = os.environ.get(download.ENVIRONMENT)


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


ARCHIVE = zipped(GOOD)
HALF = ARCHIVE[: len(ARCHIVE) // 2]
KEPT = {"ml-100k.zip": ARCHIVE}  # all that the cache holds


def unpack(folder: Path) -> Path:
    """Unpack the archive as a student does."""
    with zipfile.ZipFile(io.BytesIO(ARCHIVE)) as archive:
        archive.extractall(folder)
    return folder / "ml-100k"


@pytest.fixture
def serve(cache, monkeypatch):
    """serve(first, second, ...): an address per answer, as download.URLS.

    An answer is the bytes to send, or a function of the request handler; None is a closed port.
    The returned list grows by the path of each request.
    """
    answers, requests = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            answer = answers[self.path]
            answer(self) if callable(answer) else send(self, answer)

        def log_message(self, *_):
            pass

    def start(*given):
        answers.update({f"/{n}.zip": answer for n, answer in enumerate(given, 1)})
        ports = [1 if answer is None else server.server_port for answer in given]
        urls = (f"http://127.0.0.1:{port}{path}" for port, path in zip(ports, answers))
        monkeypatch.setattr(download, "URLS", tuple(urls))
        return requests

    monkeypatch.setattr(download, "SHA256", hashlib.sha256(ARCHIVE).hexdigest())
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # a client that went away is the point
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield start
        server.shutdown()


def send(handler, body: bytes, length: int | None = None) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


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
    requests, adapter = serve(ARCHIVE, b"never asked"), download.requests.adapters.HTTPAdapter
    with mock.patch.object(adapter, "send", autospec=True, side_effect=adapter.send) as sent:
        folder = download.find_movielens()
    assert sent.call_args.kwargs["verify"]  # an untrusted certificate is refused
    assert str(folder / "u.item") == str(cache / "ml-100k.zip" / "ml-100k" / "u.item")
    assert {f"ml-100k/{name}": (folder / name).read_bytes() for name in download.FILES} == GOOD
    assert contents(cache) == KEPT  # the temporary file is gone
    assert str(download.find_movielens()) == str(folder)
    assert requests == ["/1.zip"]
    assert capfd.readouterr() == ("", "")  # pooch keeps quiet


def test_published_addresses_hashes_and_limits():
    servers = ["https://files.grouplens.org", "https://huggingface.co"]
    assert [url.partition("/datasets/")[0] for url in download.URLS] == servers
    parts = [f"{split}.{part}" for split in download.SPLITS for part in ("base", "test")]
    assert [*download.HASHES] == ["u.data", "u.item", "u.user", *parts] == [*download.FILES]
    everything = " ".join([*download.URLS, download.SHA256, *download.HASHES.values()])
    digest = hashlib.sha256(everything.encode()).hexdigest()  # no digit changes unnoticed
    assert digest == "ff41ae7c7c86bbfe5bfec035f71d216de3879d2da15c7b2b61c3f92f9d81f166"
    assert sum(download.TIMEOUT) <= 15  # seconds until a silent server is given up
    assert 60 <= download.DEADLINE <= 180  # 4.9 MB on a slow line; a student who waits


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


@pytest.mark.parametrize(
    ("given", "meant"),
    [("in", "in/ml-100k"), ("zip", "zip/ml-100k.zip"), ("zip/ml-100k", "zip/ml-100k.zip"),
     ("half.zip", None)],
)  # fmt: skip
def test_did_you_mean(given, meant, cache, tmp_path):
    """Windows unpacks a folder into a folder; or nothing is unpacked; or it is no zip at all."""
    unpack(tmp_path / "in")
    (tmp_path / "zip").mkdir()
    (tmp_path / "zip" / "ml-100k.zip").write_bytes(ARCHIVE)
    (tmp_path / "half.zip").write_bytes(HALF)
    with pytest.raises(FileNotFoundError) as caught:
        download.find_movielens(tmp_path / given)
    told = str(caught.value)
    assert f"{tmp_path / given} (root) lacks u.data, u.item, u.user and 14 more: pass root=" in told
    assert told.endswith(f"; did you mean {tmp_path / meant}?" if meant else "ml-100k.zip")
    assert not meant or download.find_movielens(tmp_path / meant)


@pytest.mark.parametrize("damage", ["lost", "cut"])
def test_cache_that_does_not_verify_is_filled_again(damage, cache, serve):
    requests = serve(ARCHIVE)
    download.find_movielens()
    archive = cache / "ml-100k.zip"
    if damage == "lost":
        archive.unlink()
    else:
        archive.write_bytes(HALF)
    assert diagnosis.find_problems(*download.locate()) == []
    download.find_movielens()
    assert contents(cache) == KEPT and len(requests) == 2


def test_mirror_steps_in(cache, serve):
    """Whatever the first server did, it is asked again next time."""
    requests = serve(lambda handler: handler.send_error(503), ARCHIVE)
    for asked in (["/1.zip", "/2.zip"], ["/1.zip", "/2.zip"] * 2):
        download.find_movielens()
        assert contents(cache) == KEPT and requests == asked
        (cache / "ml-100k.zip").unlink()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda handler: send(handler, HALF, length=len(ARCHIVE)), "IncompleteRead"),
        (zipped(GOOD | {"ml-100k/u.data": b"forged"}), "hash"),
        (None, "ConnectionRefusedError"),
        (lambda handler: handler.send_error(404), "HTTPError: 404"),
    ],
    ids=["cut off", "forged", "gone", "missing"],
)
def test_server_that_fails_is_told(answer, reason, cache, serve):
    serve(answer, answer)
    refused(cache, reason, reason)


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


def test_failure_is_remembered(cache, serve, monkeypatch):
    requests = serve(b"wrong")
    refused(cache, "hash")
    serve(ARCHIVE)  # back again, yet this process has given up
    with pytest.raises(download.DownloadError, match="hash"):
        download.find_movielens()
    assert requests == ["/1.zip"]
    assert "hash" in diagnosis.find_problems(*download.locate())[0]
    (cache / "ml-100k.zip").write_bytes(ARCHIVE)  # which another process has got
    assert download.find_movielens() and requests == ["/1.zip"]


@pytest.mark.parametrize("place", ["a b", "a b/lecture_utils", "read-only"])
def test_cache_folder_that_cannot_be_used(place, cache, serve, tmp_path, monkeypatch):
    """A file is in its place, or (by a patch: for root nothing is read-only) it is read-only."""
    requests = serve(ARCHIVE)
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("precious")
    if place == "read-only":
        denied = mock.Mock(side_effect=PermissionError(13, "Permission denied"))
        monkeypatch.setattr(download.tempfile, "TemporaryFile", denied)
    with pytest.raises(OSError, match="cannot use the cache folder") as caught:
        download.find_movielens()
    for word in (str(cache), download.ENVIRONMENT, "root=", str(caught.value.__cause__)):
        assert word in str(caught.value)
    assert f"캐시 폴더 {cache}에 쓸 수 없습니다" in diagnosis.find_problems(*download.locate())[0]
    assert contents(tmp_path) == {place: b"precious"} and requests == []


def test_describe_names_what_does_not_verify(tmp_path, monkeypatch):
    folder, packed = unpack(tmp_path), tmp_path / "mine.zip"
    sums = {name: hashlib.sha256(GOOD[f"ml-100k/{name}"]).hexdigest() for name in download.FILES}
    monkeypatch.setattr(download, "HASHES", sums)
    for name in download.FILES:  # one byte in any file
        right = (folder / name).read_bytes()
        (folder / name).write_bytes(right[:-1] + b"?")
        (problem,) = diagnosis.find_problems("root", folder)
        assert problem.startswith(f"{name} 파일의 내용이 원본과 다릅니다 (sha256 ")
        packed.write_bytes(zipped(GOOD | {f"ml-100k/{name}": right[:-1] + b"?"}))
        assert diagnosis.find_problems("root", packed) == [problem]
        (folder / name).write_bytes(right)
    (folder / "u.data").unlink()
    assert diagnosis.find_problems("root", folder) == ["u.data 파일이 없습니다"]
    denied = mock.Mock(side_effect=PermissionError(13, "Permission denied"))
    monkeypatch.setattr(Path, "read_bytes", denied)
    (problem, *_) = diagnosis.find_problems("root", folder)
    assert problem.startswith("u.data 파일을 읽을 수 없습니다 ([Errno 13] ")


@pytest.mark.skipif(not REAL, reason=f"{download.ENVIRONMENT} is not set")
def test_real_copy_verifies():
    assert download.locate() == (download.ENVIRONMENT, Path(REAL))
    assert diagnosis.find_problems(*download.locate()) == []
    assert download.find_movielens() == Path(REAL)
