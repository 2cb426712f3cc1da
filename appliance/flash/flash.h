// SPDX-License-Identifier: LicenseRef-Project
// Writes the image to one disk, or to two as the halves of one mirror, and proves what it wrote.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/flash/image_reader.h"
#include "appliance/flash/target.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ap::flash {

/// What the new system finds on its ESP.
struct Seed {
  std::string settings;         ///< Text of an appliance.toml; empty keeps the image's.
  std::string authorized_keys;  ///< Empty: nobody can log in over SSH.
};

/// Told about progress: what is being done, and how far it is (0 to 1).
using Progress = std::function<void(const std::string& step, double done)>;

/// Copies the image block by block to every target and reads it back from the medium, comparing a
/// checksum per block. Regular files are emptied first, so that zeros stay holes; on a disk zeros
/// are written, since the disk may hold something else. Throws Failure naming the disk.
void write_image(ImageReader& image, const std::vector<Target>& targets, const Progress& progress);

/// Makes each copy a disk of its own: table moved to the disk's end, new GUIDs, and members of
/// root-a and root-b stamped as device 0 and 1 of new arrays, both active and equal, so that
/// nothing is rebuilt on the first boot. With one target the second member is marked absent.
void stamp(const std::vector<Target>& targets, std::uint64_t time_s);

/// Puts the seed on the ESP of every target.
void write_seed(exec::Runner& runner, const std::vector<Target>& targets, const Seed& seed);

}  // namespace ap::flash
