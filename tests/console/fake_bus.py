"""A D-Bus service in a thread: the little of the wire protocol that methods with string arguments need.

Exists so that the console is tested against a real bus without a privileged service; only the standard library.
"""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading

NAME = "org.bristle.Appliance1"
CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>
"""


class BusError(Exception):
    """Answers a call with the error `name` (a short one is the appliance's own) and a sentence."""

    def __init__(self, name, text):
        super().__init__(text)
        self.name = name if "." in name else f"{NAME}.Error.{name}"


class PrivateBus:
    """A dbus-daemon of the test's own; its address goes into DBUS_SYSTEM_BUS_ADDRESS."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "bus"
        self.address = f"unix:path={self.path}"
        self.process = None
        self.start()

    def start(self):
        configuration = self.folder / "bus.conf"
        configuration.write_text(CONFIGURATION.format(path=self.path))
        self.process = subprocess.Popen([shutil.which("dbus-daemon"), f"--config-file={configuration}", "--nofork",
                                         "--print-address"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.process.stdout.readline()  # The address is printed when it listens.

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.path.unlink(missing_ok=True)


class Writer:
    def __init__(self):
        self.bytes = bytearray()

    def align(self, size):
        self.bytes += b"\0" * (-len(self.bytes) % size)

    def uint32(self, value):
        self.align(4)
        self.bytes += struct.pack("<I", value)

    def string(self, text):
        raw = text.encode()
        self.uint32(len(raw))
        self.bytes += raw + b"\0"

    def signature(self, text):
        self.bytes += bytes([len(text)]) + text.encode() + b"\0"


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def align(self, size):
        self.at += -self.at % size

    def uint32(self):
        self.align(4)
        self.at += 4
        return struct.unpack_from("<I", self.data, self.at - 4)[0]

    def string(self):
        size = self.uint32()
        self.at += size + 1
        return self.data[self.at - size - 1:self.at - 1].decode()

    def signature(self):
        size = self.data[self.at]
        self.at += size + 2
        return self.data[self.at - size - 1:self.at - 1].decode()


METHOD_CALL, METHOD_RETURN, ERROR = 1, 2, 3
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE = range(1, 9)
TYPES = {PATH: "o", INTERFACE: "s", MEMBER: "s", ERROR_NAME: "s", REPLY_SERIAL: "u", DESTINATION: "s", SIGNATURE: "g"}


def pack(kind, serial, fields, arguments=()):
    """One message; `arguments` are strings, or numbers for uint32."""
    body, signature = Writer(), ""
    for argument in arguments:
        (body.uint32 if isinstance(argument, int) else body.string)(argument)
        signature += "u" if isinstance(argument, int) else "s"
    if signature:
        fields = {**fields, SIGNATURE: signature}
    array = Writer()
    for code, value in fields.items():
        array.align(8)
        array.bytes.append(code)
        array.signature(TYPES[code])
        {"u": array.uint32, "g": array.signature}.get(TYPES[code], array.string)(value)
    head = struct.pack("<cBBBII", b"l", kind, 0, 1, len(body.bytes), serial) + struct.pack("<I", len(array.bytes))
    return head + array.bytes + b"\0" * (-(len(head) + len(array.bytes)) % 8) + body.bytes


class FakeService:
    """Owns the name on the bus while it runs. `handle(noun, method, arguments)` answers with a string or BusError."""

    def __init__(self, bus, handle):
        self.handle = handle
        self.serial = 0
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(bus.path))
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        self.socket.recv(1024)
        self.socket.sendall(b"BEGIN\r\n")
        self.buffer = b""
        self.call_bus("Hello")
        self.call_bus("RequestName", NAME, 4)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()

    def send(self, kind, fields, arguments=()):
        self.serial += 1
        self.socket.sendall(pack(kind, self.serial, fields, arguments))

    def call_bus(self, member, *arguments):
        name = "org.freedesktop.DBus"
        self.send(METHOD_CALL, {PATH: "/org/freedesktop/DBus", INTERFACE: name, MEMBER: member, DESTINATION: name},
                  arguments)

    def read(self, size):
        while len(self.buffer) < size:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self.buffer += data
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def read_message(self):
        head = self.read(16)
        kind, body_size, serial, array_size = head[1], *struct.unpack_from("<III", head, 4)
        array = Reader(self.read(array_size + -(16 + array_size) % 8)[:array_size])
        fields = {}
        while array.at < array_size:
            array.align(8)
            code = array.data[array.at]
            array.at += 1
            fields[code] = {"u": array.uint32, "g": array.signature}.get(array.signature(), array.string)()
        body = Reader(self.read(body_size))
        arguments = [body.string() for letter in fields.get(SIGNATURE, "") if letter == "s"]
        return kind, serial, fields, arguments

    def serve(self):
        try:
            while True:
                kind, serial, fields, arguments = self.read_message()
                if kind == METHOD_CALL:
                    self.reply(serial, fields, arguments)
        except (EOFError, OSError):
            return

    def reply(self, serial, fields, arguments):
        back = {REPLY_SERIAL: serial, DESTINATION: fields[SENDER]}
        try:
            text = self.handle(fields[INTERFACE].rpartition(".")[2], fields[MEMBER], arguments)
            self.send(METHOD_RETURN, back, [text])
        except BusError as error:
            self.send(ERROR, {**back, ERROR_NAME: error.name}, [str(error)])
