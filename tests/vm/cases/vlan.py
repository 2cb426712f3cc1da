"""Goal: both networks of the one port work as on the target: tagged vSwitch with MTU 1400, untagged public with /32."""
import struct

from switch import GUEST_MAC

NAME, NUMBER, SHARED, COST = "vlan", 14, True, 30
TITLE = "tagged and untagged ping, MTU 1400 to the byte, route over the on-link gateway, IPv6"


def ping(peer, *arguments, count=5):
    answer = peer.run("ping", "-n", "-i", "0.2", "-c", count, "-w", 15, *arguments)
    return f"{count} received" in answer.stdout, answer.stdout


def must_ping(what, peer, *arguments):
    answered, said = ping(peer, *arguments)
    assert answered, f"{what}: not every ping was answered\n{said}"


def run(rig, case):
    machine = rig.running()
    switch, root = machine.switch, machine.guest.root
    must_ping("vSwitch peer, tagged", switch.vsw, switch.VSWITCH_GUEST)
    must_ping("gateway, untagged", switch.pub, "-I", switch.PUBLIC_GATEWAY, switch.PUBLIC_GUEST)
    must_ping("outside, over the gateway", switch.pub, "-I", switch.PUBLIC_OUTSIDE, switch.PUBLIC_GUEST)
    check_mtu(switch, root)
    check_routes(switch, root)
    check_ipv6(switch)
    counts = switch.counts()
    case.note(f"frames so far: vSwitch {counts['vsw']['to_guest']} to the guest, {counts['vsw']['from_guest']} back;"
              f" public {counts['pub']['to_guest']} to the guest, {counts['pub']['from_guest']} back")


def check_mtu(switch, root):
    must_ping("1400 bytes in one frame", switch.vsw, "-M", "do", "-s", 1400 - 28, switch.VSWITCH_GUEST)
    answered, said = ping(switch.vsw, "-M", "do", "-s", 1401 - 28, switch.VSWITCH_GUEST, count=1)
    assert not answered and "too long" in said, f"1401 bytes left the peer unfragmented\n{said}"
    must_ping("3000 bytes in fragments", switch.vsw, "-s", 3000, switch.VSWITCH_GUEST)
    longest = switch.counts()["vsw"]["longest_from_guest"]
    assert longest == 1400 + 14, f"the guest's longest frame on the vSwitch is {longest} bytes, not 1414"
    link = root.run("ip -o link show enp0s31f6.4000; ip -o link show enp0s31f6")
    assert "mtu 1400" in link and "mtu 1500" in link, link
    switch.vsw.connect(switch.VSWITCH_GUEST, 80).close()
    sizes = {maximum_segment(frame) for _, frame in switch.frames("vsw") if is_syn_ack(frame)}
    assert sizes == {1360}, f"the guest offers TCP segments of {sizes} on the vSwitch"


def check_routes(switch, root):
    said = root.run(f"ip -o route get {switch.PUBLIC_OUTSIDE}; ip -o -4 address show enp0s31f6;"
                    " ip -4 route show default")
    assert f"via {switch.PUBLIC_GATEWAY} dev enp0s31f6" in said, said
    assert f"{switch.PUBLIC_GUEST}/32" in said and "onlink" in said, said
    # The switch of the provider drops what is not addressed to the gateway: every frame goes to its MAC.
    gateway = {frame[:6] for _, frame in switch.frames("pub") if ipv4_destination(frame) == switch.PUBLIC_OUTSIDE}
    own = (switch.pub.run("cat", "/sys/class/net/pub/address").stdout).strip()
    assert gateway == {bytes.fromhex(own.replace(":", ""))}, f"frames for outside went to {gateway}"
    foreign = {frame[6:12] for _, frame in switch.frames("pub")} - {
        bytes.fromhex(own.replace(":", "")), bytes.fromhex(GUEST_MAC.replace(":", ""))}
    assert not foreign, f"the guest used a MAC that is not its own: {foreign}"


def check_ipv6(switch):
    switch.pub.run("ip", "-6", "address", "replace", "2001:db8:9::9/128", "dev", "pub", "nodad")
    switch.pub.run("ip", "-6", "route", "replace", "2001:db8::/64", "dev", "pub")
    must_ping("IPv6 from outside", switch.pub, "-6", "-I", "2001:db8:9::9", "2001:db8::2")


def ipv4_destination(frame):
    return ".".join(map(str, frame[30:34])) if frame[12:14] == b"\x08\0" and len(frame) >= 34 else None


def is_syn_ack(frame):
    return len(frame) >= 54 and frame[12:14] == b"\x08\0" and frame[23] == 6 and frame[47] & 0x12 == 0x12


def maximum_segment(frame):
    options = frame[54:14 + 20 + (frame[46] >> 4) * 4]
    at = options.find(b"\x02\x04")
    return struct.unpack("!H", options[at + 2:at + 4])[0] if at >= 0 else None
