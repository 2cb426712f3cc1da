// SPDX-License-Identifier: LicenseRef-Project
// Disks, partitions and arrays as the kernel and udev list them, before anything on them is read.
#pragma once

#include "appliance/raid/disks.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ap::raid {

/// The disks: name, device, serial, model, size and the partitions the kernel knows.
std::vector<Disk> list_disks(const std::filesystem::path& root);

/// The arrays the kernel has, active or not, with the partitions in them; names and serials are
/// not known here.
std::vector<Array> list_arrays(const std::filesystem::path& root);

/// The kernel name of what is mounted at `/`: `md127`; empty when it is no block device.
std::string root_device(const std::filesystem::path& root);

/// What udev found on a block device: file system and label, empty when nothing.
std::string found_by_udev(const std::filesystem::path& root, const std::string& name);

/// The first line of a small file without white space at its end; empty when there is none.
std::string read_line(const std::filesystem::path& path);

}  // namespace ap::raid
