// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/grub_environment.h"

#include "appliance/exec/failure.h"
#include "appliance/raid/fat.h"
#include "dataplane/base/bytes.h"

namespace ap::raid {
namespace {

constexpr std::string_view kFirstLine = "# GRUB Environment Block\n";
constexpr std::string_view kPath = "/grub/grubenv";

/// GRUB escapes backslash and line feed of a value with a backslash.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char letter : value) {
    if (letter == '\\' || letter == '\n') {
      text += '\\';
    }
    text += letter;
  }
  return text;
}

std::optional<std::string> read_block(const BlockFile& device, const std::vector<FileRun>& runs) {
  std::string block;
  for (const FileRun& run : runs) {
    if (block.size() + run.bytes > kGrubEnvironmentBytes) {
      return std::nullopt;
    }
    const auto part = device.read(run.offset, static_cast<std::size_t>(run.bytes));
    block += base::as_text(part);
  }
  return block;
}

}  // namespace

std::optional<GrubEnvironment> parse_grub_environment(std::string_view block) {
  if (block.size() != kGrubEnvironmentBytes || !block.starts_with(kFirstLine)) {
    return std::nullopt;
  }
  block.remove_prefix(kFirstLine.size());
  GrubEnvironment variables;
  std::string line;
  for (std::size_t at = 0; at < block.size(); ++at) {
    if (block[at] == '\\' && at + 1 < block.size()) {
      line += block[++at];
    } else if (block[at] != '\n') {
      line += block[at];
    } else {
      const std::size_t equals = line.find('=');
      if (!line.starts_with('#') && equals != std::string::npos) {
        variables[line.substr(0, equals)] = line.substr(equals + 1);
      }
      line.clear();
    }
  }
  return variables;
}

std::string encode_grub_environment(const GrubEnvironment& variables) {
  std::string block(kFirstLine);
  for (const auto& [name, value] : variables) {
    if (name.empty() || name.find_first_of("=\n\\#") != std::string::npos) {
      throw exec::Failure(exec::FailureKind::invalid,
                          "not a name of the boot environment: " + name);
    }
    block += name + "=" + escaped(value) + "\n";
  }
  if (block.size() > kGrubEnvironmentBytes) {
    throw exec::Failure(exec::FailureKind::invalid,
                        "the boot environment holds at most 1024 bytes");
  }
  block.resize(kGrubEnvironmentBytes, '#');
  return block;
}

std::optional<GrubEnvironment> read_grub_environment(const BlockFile& device, std::uint64_t start) {
  const auto runs = find_fat_file(device, start, kPath);
  const auto block = runs ? read_block(device, *runs) : std::nullopt;
  return block ? parse_grub_environment(*block) : std::nullopt;
}

bool update_grub_environment(BlockFile& device, std::uint64_t start,
                             const GrubEnvironment& changes) {
  const auto runs = find_fat_file(device, start, kPath);
  const auto before = runs ? read_block(device, *runs) : std::nullopt;
  auto variables = before ? parse_grub_environment(*before) : std::nullopt;
  if (!variables) {
    throw exec::Failure(exec::FailureKind::not_found,
                        "no boot environment on " + device.path().string());
  }
  for (const auto& [name, value] : changes) {
    (*variables)[name] = value;
  }
  const std::string block = encode_grub_environment(*variables);
  if (block == *before) {
    return false;
  }
  base::Bytes rest = base::as_bytes(block);
  for (const FileRun& run : *runs) {
    device.write(run.offset, rest.first(static_cast<std::size_t>(run.bytes)));
    rest = rest.subspan(static_cast<std::size_t>(run.bytes));
  }
  device.sync();
  device.forget_cache();
  if (read_block(device, *runs) != block) {
    throw exec::Failure(exec::FailureKind::failed,
                        "the boot environment reads back differently: " + device.path().string());
  }
  return true;
}

}  // namespace ap::raid
