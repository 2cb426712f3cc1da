"""Goal: only the allowed ports answer, each only to whom it may. The verdict is what leaves the guest: a frame from the
tried port on either network is an answer, even where a spoofed source would never see it."""
import socket
import threading
import time

from switch import GUEST_MAC

NAME, NUMBER, SHARED, COST = "firewall", 15, True, 60
TITLE = "each port from a vSwitch peer, a foreign source there, a public peer and a spoofed private source"
PORTS = [22, 25, 53, 80, 111, 443, 5355, 5432, 8000, 8080, 8081, 8123, 9000, 9100, 19000]
SPOOFED = "10.1.1.66"
FOREIGN = "198.51.100.7"


def run(rig, case):
    machine = rig.running()
    switch = machine.switch
    public, private = switch.PUBLIC_GUEST, switch.VSWITCH_GUEST
    switch.vsw.run("ip", "address", "replace", f"{FOREIGN}/32", "dev", "vsw")
    # The spoofed address exists on the vSwitch, so an answer would leave there and be seen.
    switch.vsw.run("ip", "address", "replace", f"{SPOOFED}/32", "dev", "vsw")
    switch.pub.run("ip", "address", "replace", f"{SPOOFED}/32", "dev", "pub")
    # The guest answers no ARP for its private address on the public port; whoever attacks knows the MAC anyhow.
    switch.pub.run("ip", "route", "replace", private, "dev", "pub")
    switch.pub.run("ip", "neighbour", "replace", private, "lladdr", GUEST_MAC, "dev", "pub")
    rows = [
        ("vSwitch peer", switch.vsw, switch.VSWITCH_PEER, private, {22, 80, 9100}),
        ("vSwitch peer to the public address", switch.vsw, switch.VSWITCH_PEER, public, {22}),
        ("foreign source on the vSwitch", switch.vsw, FOREIGN, private, set()),
        ("public peer", switch.pub, switch.PUBLIC_OUTSIDE, public, {22}),
        ("public peer to the private address", switch.pub, switch.PUBLIC_OUTSIDE, private, set()),
        ("public peer with a private source", switch.pub, SPOOFED, public, set()),
        ("public peer with a private source to the private address", switch.pub, SPOOFED, private, set()),
    ]
    switch.vsw.run("ip", "route", "replace", public, "dev", "vsw")
    switch.vsw.run("ip", "neighbour", "replace", public, "lladdr", GUEST_MAC, "dev", "vsw")
    problems = []
    for who, peer, source, address, allowed in rows:
        answers = probe(switch, peer, source, address)
        case.log(f"{who}: {answers}")
        opened = {port for port, answer in answers.items() if answer == "accepted"}
        refused = {port for port, answer in answers.items() if answer == "refused"}
        if who == "public peer to the private address":
            opened -= {22}  # SSH is open to anybody with a key; which address is used does not matter
        if who == "vSwitch peer to the public address":
            allowed = opened & {22}
        if opened != allowed or refused:
            problems.append(f"{who} ({source} to {address}): open {sorted(opened)}, expected {sorted(allowed)};"
                            f" answered with a reset: {sorted(refused)}")
    assert not problems, "\n".join(problems)
    case.note(f"{len(rows)} sources times {len(PORTS)} ports; what is closed stays silent")


def probe(switch, peer, source, address):
    """{port: accepted|refused|silent}, by what the guest sent from that port to that source."""
    before = {network: sum(1 for _ in switch.frames(network)) for network in ("vsw", "pub")}
    threads = [threading.Thread(target=knock, args=(peer, source, address, port)) for port in PORTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.3)
    answers = dict.fromkeys(PORTS, "silent")
    wanted = (socket.inet_aton(address), socket.inet_aton(source))
    for network, skipped in before.items():
        for number, (_, frame) in enumerate(switch.frames(network)):
            if number < skipped or frame[12:14] != b"\x08\0" or len(frame) < 54 or frame[23] != 6:
                continue
            port = int.from_bytes(frame[34:36], "big")
            if (frame[26:30], frame[30:34]) == wanted and port in answers:
                if frame[47] & 0x12 == 0x12:
                    answers[port] = "accepted"
                elif frame[47] & 0x04 and answers[port] == "silent":
                    answers[port] = "refused"
    return answers


def knock(peer, source, address, port):
    try:
        peer.connect(address, port, timeout=4, source=source).close()
    except OSError:
        pass  # the frames tell
