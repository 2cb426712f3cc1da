"""Step 5: the outputs beside the image: the compressed image, the manifest and the checksums."""
import hashlib
import json
import re

from .disk import run
from .rootfs import DPKG_DATABASE

# Short names of licences as machine-readable copyright files have them, and signs of the common ones in free text.
FREE_TEXT = (
    (r"GNU LESSER GENERAL PUBLIC LICENSE|/common-licenses/LGPL|Lesser General Public", "LGPL"),
    (r"/common-licenses/GPL-3", "GPL-3"), (r"/common-licenses/GPL-2", "GPL-2"),
    (r"GNU General Public License|/common-licenses/GPL", "GPL"),
    (r"Apache License|/common-licenses/Apache", "Apache-2.0"), (r"Mozilla Public License", "MPL"),
    (r"Permission is hereby granted, free of charge", "MIT"),
    (r"Redistribution and use in source and binary forms", "BSD"),
    (r"(?i)public domain", "public-domain"))


def sha256(file):
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def licence(root, package):
    """The licences named by the package's copyright file, or "unknown"."""
    file = root / "usr" / "share" / "doc" / package / "copyright"
    file = follow(root, file)
    if not file or not file.is_file():
        return "unknown"
    text = file.read_text(errors="replace")
    if re.search(r"^Format:", text, re.M):
        names = {line.strip() for line in re.findall(r"^License:[ \t]*(\S.*)$", text, re.M)}
    else:
        names = {name for pattern, name in FREE_TEXT if re.search(pattern, text)}
    return ", ".join(sorted(names)) or "unknown"


def follow(root, file):
    """`file` with the links on its way resolved inside `root`."""
    for part in (file.parent, file):
        if part.is_symlink():
            target = part.readlink()
            base = root if target.is_absolute() else part.parent
            real = base / str(target).lstrip("/")
            file = real if part == file else real / file.name
    return file


def packages(root):
    for paragraph in (root / DPKG_DATABASE / "status").read_text().split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Status|Source):\s*(.*)$", paragraph, re.M))
        if fields.get("Status", "").endswith(" installed"):
            yield {"name": fields["Package"], "version": fields["Version"],
                   "source": fields.get("Source", fields["Package"]).split(" ")[0],
                   "licence": licence(root, fields["Package"])}


def make_outputs(parameters, root, core, loader):
    image = parameters.image
    compressed = image.with_suffix(".img.zst")
    run("zstd", "--quiet", "--force", "--threads=0", f"-{parameters.compression}", image, "-o", compressed)
    boot = root / "boot"
    artifacts = {"image": image, "compressed-image": compressed, "kernel": (boot / "vmlinuz").resolve(),
                 "initrd": (boot / "initrd.img").resolve(), "grub-core": core, "efi-loader": loader,
                 **{f"package/{deb.name}": deb for deb in parameters.debs}}
    document = {
        "name": parameters.name, "version": parameters.version, "distribution": parameters.distribution,
        "commit": parameters.commit, "time": parameters.epoch, "root_mib": parameters.root_mib,
        "esp_mib": parameters.esp_mib,
        "artifacts": [{"role": role, "file": file.name, "bytes": file.stat().st_size, "sha256": sha256(file)}
                      for role, file in artifacts.items()],
        "packages": sorted(packages(root), key=lambda package: package["name"])}
    (parameters.output / "manifest.json").write_text(json.dumps(document, indent=1) + "\n")
    lines = [f"{entry['sha256']}  {entry['file']}\n" for entry in document["artifacts"] if "image" in entry["role"]]
    (parameters.output / "SHA256SUMS").write_text("".join(lines))
