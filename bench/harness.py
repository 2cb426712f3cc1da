"""What the benchmarks share: servers under test, windows of load, and ratios of neighbouring windows.

The method is in bench/README.md: the server has one CPU and the load generator the other, costs are CPU time of the
server per answered request, and only windows of one run are compared.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARIES = pathlib.Path(os.environ.get("BRISTLE_BIN") or ROOT / "build" / "bench" / "bin")
IS_QUICK = bool(os.environ.get("BRISTLE_BENCH_QUICK"))
SERVER_CPU, CLIENT_CPU = 0, 1
PAIRS = int(os.environ.get("BRISTLE_BENCH_PAIRS") or (1 if IS_QUICK else 6))
WINDOW_SECONDS = float(os.environ.get("BRISTLE_BENCH_SECONDS") or (1 if IS_QUICK else 2))
CALIBRATOR_SPREAD_MAX = 0.10
PAIRS_KEPT_MIN = 4
VOID = 3  # the load generator's exit code for a run that may not be believed
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def free_port():
    """Below the range that outgoing connections take theirs from: it must still be free after a restart."""
    for port in range(12_000 + os.getpid() % 10_000, 32_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    sys.exit("bench: no port is free")


def wait_for_port(port, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"bench: {process.args[0]} ended at start with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.005)
    sys.exit(f"bench: {process.args[0]} does not listen")


class Server:
    """A process under test and the port its requests go to."""

    def __init__(self, name, process, port, is_redis=False):
        self.name, self.process, self.port, self.is_redis = name, process, port, is_redis
        self.pid = process.pid

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu_seconds(self):
        """(user, system) CPU time of the whole process."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND


@contextlib.contextmanager
def workspace():
    """A folder on the disk of the tree (not in memory) that goes away, with every server started through `start_*`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # then it cleans up, too
    (ROOT / "build").mkdir(exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "build"))
    try:
        yield folder
    finally:
        for server in STARTED:
            server.stop()
        STARTED.clear()
        shutil.rmtree(folder, ignore_errors=True)


STARTED = []


def start(name, command, port, is_redis=False, **options):
    process = subprocess.Popen([str(word) for word in command], **options)
    server = Server(name, process, port, is_redis)
    STARTED.append(server)
    wait_for_port(port, process)
    return server


def find_program(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if path is None:
        sys.exit(f"bench: {name} is not installed (make bench installs it)")
    return path


def start_nginx(folder):
    port = free_port()
    work = folder / "nginx"
    work.mkdir()
    (work / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600; client_body_temp_path {work}/body;
  fastcgi_temp_path {work}/fastcgi; proxy_temp_path {work}/proxy; scgi_temp_path {work}/scgi;
  uwsgi_temp_path {work}/uwsgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{{"status":"Ok"}}'; }}
  }}
}}
""")
    return start("nginx", ["taskset", "-c", SERVER_CPU, find_program("nginx"), "-p", work, "-c", work / "nginx.conf",
                           "-e", work / "error.log"], port)


def start_redis(folder):
    """Redis as durable as we are: every command is in the file and synced before its answer."""
    port = free_port()
    work = folder / "redis"
    work.mkdir()
    return start("redis", ["taskset", "-c", SERVER_CPU, find_program("redis-server"), "--port", port, "--bind",
                           "127.0.0.1", "--dir", work, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                           "--auto-aof-rewrite-percentage", "0", "--logfile", work / "log"], port, is_redis=True)


def start_dataplane(folder, name="event-log", prefix=(), port=None, **settings):
    port = port or free_port()
    environment = {**os.environ, "BRISTLE_LISTEN": f"127.0.0.1:{port}", "BRISTLE_EVENT_LOG": str(folder / name),
                   "BRISTLE_CPUS": str(SERVER_CPU), "BRISTLE_SHARDS": "1", **settings}
    with open(folder / f"{name}.log", "ab") as log:
        return start("ours", [*prefix, BINARIES / "bristle-dataplane"], port, env=environment, stderr=log)


def get_metrics(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        text = b""
        while piece := connection.recv(65536):
            text += piece
    return text.decode()


def metric(port, name):
    return int(re.search(rf"^{name} (\d+)", get_metrics(port), re.M).group(1))


def load_command(server, **options):
    """bristle-load with `options`: name=True is a switch, False or None leaves it out."""
    command = ["taskset", "-c", str(CLIENT_CPU), str(BINARIES / "bristle-load"), "--port", str(server.port),
               "--pid", str(server.pid)]
    if server.is_redis:
        command.append("--redis")
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            command.append(flag)
        elif value is not None and value is not False:
            command += [flag, str(value)]
    return command


def give_way():
    """Lets everything else go first, the kernel's own threads above all: in a session's scheduling group as well."""
    os.nice(19)
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/autogroup").write_text("19")


def load(server, attempts=3, gives_way=False, **options):
    """One window. A void one is tried again; the answer of the last attempt then holds `void`, the reasons.

    `gives_way`: the kernel finishes the server's flushes on the generator's core before the generator goes on.
    """
    options = {"seconds": WINDOW_SECONDS, "warmup": 0.3 if IS_QUICK else 0.7, **options}
    for _ in range(1 if IS_QUICK else attempts):
        done = subprocess.run(load_command(server, **options), capture_output=True, text=True, check=False,
                              start_new_session=gives_way, preexec_fn=give_way if gives_way else None)
        if done.returncode not in (0, VOID):
            sys.exit(f"bench: {' '.join(done.args)} failed: {done.stderr}")
        window = json.loads(done.stdout)
        if "void" not in window:
            return window
    print(f"  void: {'; '.join(window['void'])}", flush=True)
    return window


def cpu_us(window, per="answered_ok"):
    """Server CPU per answered request (or event) in microseconds: (both, user); (None, None) when it was void."""
    if "void" in window:
        return None, None
    user, system = window["server_user_seconds"], window["server_system_seconds"]
    return (user + system) / window[per] * 1e6, user / window[per] * 1e6


def capacity(server, **options):
    """Answered requests per second in a closed loop: of server and generator together, whichever saturates first."""
    window = load(server, seconds=max(WINDOW_SECONDS, 1), **options)
    if "void" in window:
        sys.exit(f"bench: the capacity could not be measured: {'; '.join(window['void'])}")
    return window["answered_ok"] / window["seconds"]


def calibrate(cpu):
    """Seconds of a fixed loop on `cpu`: tells whether a neighbour slowed it down."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    begin = time.perf_counter()
    total = 0
    for number in range(400_000):
        total += number & 7
    spent = time.perf_counter() - begin
    os.sched_setaffinity(0, before)
    return spent


def paired(label, sides, pairs=PAIRS):
    """Windows of two sides by turns (A B B A ...); the figures of the second over the first.

    `sides` are two (name, window) where window() gives a cost, or None when it was void. Pairs whose calibrators
    differ are dropped, unless too few are left: the figures then say `is_noisy`.
    """
    kept, everything = [], []
    costs = {name: [] for name, _ in sides}
    for number in range(pairs):
        calibrations = [(calibrate(SERVER_CPU), calibrate(CLIENT_CPU))]
        pair = {}
        for name, window in sides if number % 2 == 0 else sides[::-1]:
            pair[name] = window()
            calibrations.append((calibrate(SERVER_CPU), calibrate(CLIENT_CPU)))
        if None in pair.values():
            continue
        base, ours = (pair[name] for name, _ in sides)
        for name, cost in pair.items():
            costs[name].append(cost)
        spread = max(max(column) / min(column) - 1 for column in zip(*calibrations))
        everything.append(ours / base)
        if spread <= CALIBRATOR_SPREAD_MAX:
            kept.append(ours / base)
        remark = "" if spread <= CALIBRATOR_SPREAD_MAX else f" (calibrator spread {spread:.0%})"
        names = [name for name, _ in sides]
        print(f"  {label}: {names[0]} {base:.2f}, {names[1]} {ours:.2f}, ratio {ours / base:.2f}{remark}", flush=True)
    if not everything:
        return {"ratio": None, "void": "every window was void", "is_noisy": True}
    is_noisy = len(kept) < min(PAIRS_KEPT_MIN, pairs)
    ratios = everything if is_noisy else kept
    return {"ratio": round(statistics.median(ratios), 3), "ratio_min": round(min(ratios), 3),
            "ratio_max": round(max(ratios), 3), "pairs": len(ratios), "is_noisy": is_noisy,
            **{name: round(statistics.median(values), 3) for name, values in costs.items()}}


def report(rows, figures):
    """Prints (text, value, target) rows and hands `figures` to bench/run."""
    for text, value, target in rows:
        print(f"  {text:68} {'void' if value is None else value!s:>9}   {target}")
    if output := os.environ.get("BRISTLE_BENCH_OUTPUT"):
        pathlib.Path(output).write_text(json.dumps(figures))
