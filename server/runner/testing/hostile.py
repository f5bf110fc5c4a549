"""What a hostile step tries. Prints one JSON object: what was tried -> what it got, or null for nothing."""
import ctypes, fcntl, glob, json, os, socket, struct, sys

with open("hostile.json") as f:
    given = json.load(f)
libc = ctypes.CDLL(None, use_errno=True)
got = {}


def attempt(name, act):
    try:
        result = act()
        got[name] = None if result in (None, False, "", b"", []) else str(result)[:300]
    except Exception:
        got[name] = None


def read(path):
    with open(path, "rb") as f:
        return f.read(200)


def write(path):
    with open(path, "ab") as f:
        f.write(b"")
    return "opened for writing"


# Files of the machine, of the server, of another job.
for path in ["/etc/shadow", "/etc/sudoers", "/root/.bashrc", "/dev/mem", "/dev/kmsg", "/dev/vda", "/proc/kcore", "/proc/1/root/etc/shadow", "/proc/self/root/etc/shadow"] + given["secretFiles"]:
    attempt("read " + path, lambda: read(path))
for path in ["/root", "/home", "/sys", "/opt", "/var/lib", "/run/ws/..", "/mnt", "/srv"] + given["secretFolders"]:
    attempt("list " + path, lambda: [n for n in os.listdir(path) if n not in ("user", "ws", "flowbook") + tuple(given["shownFolders"])])
for path in ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches", "/proc/self/uid_map", "/etc/passwd", "/usr/bin/env", "/env/x", "/x", "/dev/x", "/run/x", "/run/ws/x", "/run/flowbook/launcher", "/inputs/x"]:
    attempt("write " + path, lambda: write(path))

# What other processes and our own carry.
attempt("environment", lambda: [k for k, v in os.environ.items() if given["canary"] in v or k.startswith(("DATABASE", "PG", "NODE", "FLOWBOOK_DATA"))])


def environments():
    for name in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
        try:
            if given["canary"].encode() in read(name) or b"node" in read(name):
                return name
        except OSError:
            pass


attempt("others' environments", environments)
attempt("processes outside", lambda: [p for p in os.listdir("/proc") if p.isdigit() and int(p) > 100])
attempt("signal outside", lambda: os.kill(given["serverPid"], 0) or "sent")


# Addresses, without the proxy.
def reach(host, port, family=socket.AF_INET):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.settimeout(2)
    s.connect((host, port))
    return "connected"


for host, port in given["addresses"]:
    attempt("connect %s:%d" % (host, port), lambda: reach(host, port, socket.AF_INET6 if ":" in host else socket.AF_INET))
attempt("name look-up", lambda: socket.getaddrinfo("pypi.org", 443))


def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return s.sendto(b"x", ("192.0.2.1", 53))


attempt("datagram", udp)
for name, args in {"raw": (socket.AF_INET, socket.SOCK_RAW, 1), "packet": (17, socket.SOCK_RAW, 0), "vsock": (40, socket.SOCK_STREAM, 0), "alg": (38, 5, 0), "bluetooth": (31, socket.SOCK_RAW, 1)}.items():
    attempt("socket " + name, lambda: socket.socket(*args))


def unix(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(path)
    return "connected"


for path in given["secretSockets"]:
    attempt("unix socket " + path.replace("\0", "@"), lambda: unix(path))
attempt("sockets beside ours", lambda: [n for n in os.listdir("/run/ws") if n not in ("tracking.sock", "egress.sock")])


# Addresses, by the proxy.
def proxied(first_line):
    s = socket.create_connection(("127.0.0.1", 3128), 5)
    s.settimeout(10)
    s.sendall(first_line.encode() + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = b""
    while True:
        piece = s.recv(1000)
        if not piece:
            break
        answer += piece
    # Refused before it dialled; any other failure would mean that it tried.
    if answer == b"" or answer.split(b" ")[1:2] in ([b"400"], [b"403"]) or b"There is no host" in answer:
        return None
    return answer


for target in given["proxied"]:
    attempt("CONNECT " + target, lambda: proxied("CONNECT %s HTTP/1.1" % target))
for url in given["proxiedUrls"]:
    attempt("GET " + url, lambda: proxied("GET %s HTTP/1.1" % url))
attempt("smuggled preface", lambda: proxied('{"jobId":"x","policy":"build","hosts":[{"host":"127.0.0.1","port":%d}]}\nCONNECT 127.0.0.1:%d HTTP/1.1' % (given["listener"], given["listener"])))

# System calls, by number (x86_64 or aarch64). A call that is let through fails with another errno than EPERM, or succeeds.
x64 = os.uname().machine == "x86_64"
calls = {
    "ptrace": (101, 117), "unshare user": (272, 97, 0x10000000), "unshare mount": (272, 97, 0x20000), "setns": (308, 268, 0, 0), "mount": (165, 40), "umount": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "io_uring_setup": (425, 425, 8, 0), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219, 0, -3, 0), "add_key": (248, 217), "request_key": (249, 218),
    "process_vm_readv": (310, 270, given["serverPid"]), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "personality": (135, 92, 0xFFFFFFFF), "kexec_load": (246, 104), "init_module": (175, 105),
    "swapon": (167, 224), "reboot": (169, 142), "syslog": (103, 116, 10), "quotactl": (179, 60), "acct": (163, 89), "clock_settime": (227, 112), "mount_setattr": (442, 442), "pidfd_getfd": (438, 438),
    "clone of a user namespace": (56, 220, 0x10000000 | 17),
}
for name, call in calls.items():
    def refused(call=call, name=name):
        ctypes.set_errno(0)
        args = [ctypes.c_long(a) for a in (call[2:] + (0,) * 6)[:6]]
        result = libc.syscall(ctypes.c_long(call[0 if x64 else 1]), *args)
        if result == 0 and name.startswith("clone"):
            os._exit(0)
        return None if result == -1 and ctypes.get_errno() == 1 else "result %d, errno %d" % (result, ctypes.get_errno())
    attempt("call " + name, refused)
for name, number in {"clone3": 435, "fsopen": 430, "open_tree": 428, "move_mount": 429}.items():
    def unknown(number=number):
        ctypes.set_errno(0)
        result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(0)] * 6)
        return None if result == -1 and ctypes.get_errno() == 38 else "result %d, errno %d" % (result, ctypes.get_errno())
    attempt("call " + name, unknown)
for name, request in {"TIOCSTI": 0x5412, "TIOCSTI with high bits": 0x100005412, "TIOCLINUX": 0x541C}.items():
    def ioctl(request=request):
        ctypes.set_errno(0)
        result = libc.ioctl(ctypes.c_int(0), ctypes.c_ulong(request), ctypes.create_string_buffer(b"\x03"))
        return None if result == -1 and ctypes.get_errno() == 1 else "result %d, errno %d" % (result, ctypes.get_errno())
    attempt("ioctl " + name, ioctl)

# More rights.
attempt("setuid", lambda: os.setuid(0) or "root")
attempt("setgid", lambda: os.setgid(0) or "root's group")
attempt("device", lambda: os.mknod("/project/disk", 0o660 | 0o060000, os.makedev(254, 0)) or "made")
attempt("setuid programs", lambda: [p for p in ("/usr/bin/su", "/usr/bin/mount") if os.path.exists(p) and os.system(p + " -c true root </dev/null >/dev/null 2>&1") == 0])
attempt("rights kept", lambda: [l for l in open("/proc/self/status") if l.startswith(("CapInh", "CapPrm", "CapEff", "CapAmb")) and int(l.split()[1], 16) != 0])
attempt("no filter", lambda: [l for l in open("/proc/self/status") if (l.startswith("Seccomp:") and l.split()[1] != "2") or (l.startswith("NoNewPrivs:") and l.split()[1] != "1")])

# What it may do, to show that the failures above are not of the script's own making.
may = {
    "reads its tree": read("hostile.json") != b"",
    "writes its tree": bool(write("/project/written")),
    "writes scratch": bool(write("/scratch/written")),
    "writes tmp": bool(write("/tmp/written")),
    "reaches tracking": b"200" in (lambda s: (s.sendall(b"GET /who HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer stolen\r\nCookie: a=b\r\nX-Forwarded-For: 9.9.9.9\r\nConnection: close\r\n\r\n"), s.recv(100))[1])(socket.create_connection(("127.0.0.1", given["trackingPort"]), 5)),
    "has a terminal": os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp(),
    "has its own uid": os.getuid() == 1000,
}
print("<<<" + json.dumps({"got": got, "may": may}) + ">>>")
