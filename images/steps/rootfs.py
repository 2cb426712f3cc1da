"""Step 2: the root file system as a directory: the base, our packages and the image's own files."""
import glob
import os
import pathlib
import shutil
import stat
import subprocess

from .parameters import ROOT, SOURCES, Refused

# Made anew on each machine, tied to this one, or only of use where packages are installed.
LEFT_OUT = (
    "etc/apt/apt.conf.d/99mmdebstrap", "etc/apt/sources.list", "etc/apt/sources.list.d/*", "etc/.pwd.lock",
    "etc/passwd-", "etc/shadow-", "etc/group-", "etc/gshadow-", "etc/subuid-", "etc/subgid-", "etc/resolv.conf",
    "etc/ssh/ssh_host_*", "etc/ssl/private/ssl-cert-snakeoil.key", "etc/ssl/certs/ssl-cert-snakeoil.pem",
    "etc/ssl/certs/????????.0.snakeoil", "etc/udev/hwdb.bin", "initrd.img*", "vmlinuz*", "boot/System.map-*",
    "boot/config-*", "root/.*rc", "root/.profile", "tmp/*", "run/*", "var/backups/*", "var/cache/apt/*",
    "var/cache/debconf/*", "var/cache/ldconfig/aux-cache", "var/lib/apt/lists/*", "var/lib/apt/extended_states",
    "var/lib/dpkg/*-old", "var/lib/dpkg/lock*", "var/lib/dpkg/triggers/Lock", "var/lib/systemd/*",
    "var/lib/initramfs-tools/*", "var/log/*", "var/mail/*", "var/tmp/*", "dev/*")
FACTORY = "usr/share/bristle/var-factory"
DPKG_DATABASE = "usr/share/bristle/dpkg"


def make_root(parameters, base, say):
    """Makes the directory `work/root` and returns it."""
    root = parameters.work / "root"
    shutil.rmtree(parameters.work, ignore_errors=True)
    root.mkdir(parents=True)
    say("Unpacking the base")
    subprocess.run(["tar", "--extract", "--numeric-owner", "--xattrs", "--xattrs-include=*", "--file", base,
                    "--directory", root], check=True)
    if parameters.debs:
        say("Installing " + ", ".join(deb.name for deb in parameters.debs))
        install(root, parameters)
    copy_files(root)
    add_kernel_line(root, parameters)
    in_root(root, parameters, "systemd-sysusers")
    set_up_services(root, parameters)
    clean(root)
    add_identity(root, parameters)
    move_var(root)
    settle_times(root, parameters.epoch)
    return root


def in_root(root, parameters, *command):
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
                   "SOURCE_DATE_EPOCH": str(parameters.epoch)}
    done = subprocess.run(["chroot", root, *command], env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise Refused(f"in the new root, {' '.join(command)} failed:\n{done.stdout}")


def install(root, parameters):
    folder = root / "var" / "cache" / "bristle-packages"
    folder.mkdir()
    for deb in parameters.debs:
        shutil.copy(deb, folder)
    names = [f"/var/cache/{folder.name}/{deb.name}" for deb in parameters.debs]
    in_root(root, parameters, "dpkg", "--install", *names)
    shutil.rmtree(folder)


def copy_files(root):
    """The image's own files, owned by root, with the modes git knows: 644, or 755 for a program."""
    for source in sorted((SOURCES / "files").rglob("*")):
        target = root / source.relative_to(SOURCES / "files")
        if source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(os.readlink(source))
        elif source.is_dir():
            target.mkdir(mode=0o755, parents=True, exist_ok=True)
        else:
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)


def kernel_parameters():
    """The parameters of kernel-config/cmdline, without their reasons."""
    file = ROOT / "kernel-config" / "cmdline"
    lines = file.read_text().splitlines() if file.exists() else []
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def add_kernel_line(root, parameters):
    """GRUB reads its parameters beside the kernel: they belong to the slot and change with it."""
    kernels = sorted((root / "boot").glob("vmlinuz-*"))
    if len(kernels) != 1:
        raise Refused(f"the root file system has {len(kernels)} kernels instead of one")
    release = kernels[0].name.removeprefix("vmlinuz-")
    for link, name in (("vmlinuz", kernels[0].name), ("initrd.img", f"initrd.img-{release}")):
        if not (root / "boot" / name).exists():
            raise Refused(f"the root file system has no {name}")
        (root / "boot" / link).symlink_to(name)
    line = " ".join([*kernel_parameters(), "console=tty0", "console=ttyS0,115200"])
    (root / "boot" / "slot.cfg").write_text(
        f"# Read by the boot loader's grub.cfg.\nset cmdline=\"{line}\"\nset title=\"Bristle {parameters.version}\"\n")


def set_up_services(root, parameters):
    """Applies the lines of `images/services`: verb, units."""
    for line in (SOURCES / "services").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            in_root(root, parameters, "systemctl", "--quiet", *words)


def clean(root):
    for pattern in LEFT_OUT:
        for found in glob.glob(pattern, root_dir=root, include_hidden=True):
            path = root / found
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    for link in (root / "etc" / "ssl" / "certs").iterdir():  # hash names of what was removed
        if link.is_symlink() and not link.exists() and not os.readlink(link).startswith("/"):
            link.unlink()


def add_identity(root, parameters):
    """What a running system writes into /etc, fixed or pointed at /run: / is read-only."""
    for name, text in (("machine-id", ""), ("fstab", ""), ("hostname", "bristle\n"),
                       ("hosts", "127.0.0.1 localhost\n127.0.1.1 bristle\n::1 localhost ip6-localhost ip6-loopback\n")):
        (root / "etc" / name).write_text(text)
    (root / "etc" / "resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    mtab = root / "etc" / "mtab"
    mtab.unlink(missing_ok=True)
    mtab.symlink_to("../proc/self/mounts")
    marker = root / "usr" / "lib" / "bristle" / "appliance"
    marker.parent.mkdir(exist_ok=True)
    marker.write_text(f"VERSION={parameters.version}\nDISTRIBUTION={parameters.distribution}\n"
                      f"COMMIT={parameters.commit}\n")
    (root / "data").mkdir(mode=0o755)
    (root / "home" / "admin").mkdir(mode=0o755, parents=True, exist_ok=True)  # empty: a login wants to be somewhere


def move_var(root):
    """/var lives on /data: the slot keeps what its packages put there as a copy to begin with, and an empty mount
    point. The package database belongs to the slot, so /var only points at it."""
    database = root / DPKG_DATABASE
    database.parent.mkdir(parents=True, exist_ok=True)
    (root / "var" / "lib" / "dpkg").rename(database)
    (root / "var" / "lib" / "dpkg").symlink_to("/" + DPKG_DATABASE)
    (root / "var").rename(root / FACTORY)
    (root / "var").mkdir(mode=0o755)
    hand_owners_to_tmpfiles(root)


def hand_owners_to_tmpfiles(root):
    """The boot step that copies /var may neither give files away nor read those of others: here all of it is root's,
    and systemd-tmpfiles, which runs after the copy, gives everybody what is theirs."""
    lines = []
    for folder, directories, files in os.walk(root / FACTORY):
        directories.sort()
        for path in [pathlib.Path(folder), *(pathlib.Path(folder, name) for name in sorted(files))]:
            status = path.lstat()
            mode = stat.S_IMODE(status.st_mode)
            readable = mode & 0o1777 | (0o700 if path.is_dir() else 0o400)
            if stat.S_ISLNK(status.st_mode) or (mode == readable and status.st_uid == status.st_gid == 0):
                continue
            lines.append(f"z /var/{path.relative_to(root / FACTORY)} {mode:04o} {status.st_uid} {status.st_gid}\n")
            os.chown(path, 0, 0)
            path.chmod(readable)
    (root / "usr/lib/tmpfiles.d/bristle-var.conf").write_text("".join(lines))


def settle_times(root, epoch):
    """No file is younger than the commit."""
    for folder, directories, files in os.walk(root, topdown=False):
        for name in files + directories:
            settle(pathlib.Path(folder, name), epoch)
    settle(root, epoch)


def settle(path, epoch):
    time = min(int(path.lstat().st_mtime), epoch)
    os.utime(path, (time, time), follow_symlinks=False)
