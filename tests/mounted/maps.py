# Record locks, memory maps and direct I/O in the working directory: asserts what every local file system does.
import errno, fcntl, mmap, os, struct, time


def child(what):
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(what())
        except BaseException:
            os._exit(99)
    return pid


def status(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def refused(call):
    try:
        call()
        return None
    except OSError as err:
        return errno.errorcode[err.errno]


fd = os.open("lock", os.O_RDWR | os.O_CREAT)
fcntl.lockf(fd, fcntl.LOCK_EX, 10, 0)


def ask():
    own = os.open("lock", os.O_RDWR)
    assert refused(lambda: fcntl.lockf(own, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 5)) in ("EAGAIN", "EACCES")
    assert refused(lambda: fcntl.lockf(own, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 20)) is None
    form = "hhqqi4x"
    found = fcntl.fcntl(own, fcntl.F_GETLK, struct.pack(form, fcntl.F_WRLCK, 0, 0, 10, 0))
    assert struct.unpack(form, found)[3:] == (10, os.getppid())
    fcntl.lockf(own, fcntl.LOCK_EX, 10, 0)  # waits for the parent
    return 7


pid = child(ask)
time.sleep(0.2)
assert os.waitpid(pid, os.WNOHANG) == (0, 0)
fcntl.lockf(fd, fcntl.LOCK_UN, 10, 0)
assert status(pid) == 7
# flock and record locks know nothing of each other.
fcntl.flock(fd, fcntl.LOCK_EX)
other = os.open("lock", os.O_RDWR)
assert refused(lambda: fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)) == "EAGAIN"
fcntl.lockf(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

with open("map", "wb") as out:
    out.write(b"a" * 10000)
fd = os.open("map", os.O_RDWR)
shared = mmap.mmap(fd, 10000)
private = mmap.mmap(fd, 10000, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
shared[5000:5003] = b"XYZ"
assert os.pread(fd, 3, 5000) == b"XYZ"
os.pwrite(fd, b"QQQ", 6000)
assert shared[6000:6003] == b"QQQ"
private[0:1] = b"z"
assert os.pread(fd, 1, 0) == b"a" and shared[0:1] == b"a"
shared[9000:9001] = b"!"
shared.flush()
shared.close()
os.close(fd)
assert open("map", "rb").read()[9000:9001] == b"!"


def write_by_map():
    own = mmap.mmap(os.open("map", os.O_RDWR), 10000)
    own[1:4] = b"kid"
    return 0


assert status(child(write_by_map)) == 0
assert open("map", "rb").read(4) == b"akid"

fd = os.open("direct", os.O_RDWR | os.O_CREAT | os.O_DIRECT)
page = mmap.mmap(-1, 8192)
page[:] = b"d" * 8192
assert os.write(fd, page) == 8192
back = mmap.mmap(-1, 4096)


def direct(off):
    os.lseek(fd, off, os.SEEK_SET)
    assert os.readv(fd, [back]) == 4096
    return back[:3]


assert direct(0) == b"ddd"
plain = os.open("direct", os.O_RDWR)
os.pwrite(plain, b"eee", 0)
assert direct(0) == b"eee"
both = mmap.mmap(plain, 8192)
both[0:3] = b"fff"
assert direct(0) == b"fff"
os.lseek(fd, 4096, os.SEEK_SET)
page[:] = b"g" * 8192
os.write(fd, memoryview(page)[:4096])
assert both[4096:4099] == b"ggg" and os.pread(plain, 3, 4096) == b"ggg"
