"""The cases in the order they run; those on the shared guest stand together."""
from . import (console, figures, firewall, first_boot, first_event, identical_pair, kill_services, network_revert,
               no_data, one_disk, posthog_node, power_cut, stamped_pair, static, superblocks, uefi, vkvm, vlan)

CASES = [superblocks, static, stamped_pair, first_event, figures, vlan, firewall, posthog_node, kill_services, console,
         network_revert, one_disk, uefi, vkvm, no_data, first_boot, identical_pair, power_cut]
