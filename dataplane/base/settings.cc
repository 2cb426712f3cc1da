// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/base/settings.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace base {
namespace {

/// A secret or an address; what is longer is a wrong file.
constexpr std::size_t kCredentialBytesMax = 4096;

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): start-up, one thread
  return value == nullptr ? std::string() : std::string(value);
}

/// Up to one byte more than a credential may have; nothing when the file cannot be read.
std::optional<std::string> read_start(int descriptor) {
  std::array<char, kCredentialBytesMax + 1> buffer{};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const auto got = read(descriptor, buffer.data() + size, buffer.size() - size);
    if (got < 0) {
      return std::nullopt;
    }
    if (got == 0) {
      break;
    }
    size += static_cast<std::size_t>(got);
  }
  return std::string(buffer.data(), size);
}

}  // namespace

std::optional<std::string> Settings::optional_text(const char* name) {
  auto value = environment(name);
  return value.empty() ? credential(name) : std::optional(std::move(value));
}

std::optional<std::string> Settings::credential(const char* name) {
  const auto directory = environment("CREDENTIALS_DIRECTORY");
  if (directory.empty()) {
    return std::nullopt;
  }
  const int descriptor = open((directory + "/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno != ENOENT) {
      complain(name, "a credential that can be read");
    }
    return std::nullopt;
  }
  auto text = read_start(descriptor);
  close(descriptor);
  if (!text || text->size() > kCredentialBytesMax) {
    complain(name, "a credential of at most " + std::to_string(kCredentialBytesMax) + " bytes");
    return std::nullopt;
  }
  if (text->ends_with('\n')) {
    text->pop_back();
  }
  if (text->find('\0') != std::string::npos || text->find('\n') != std::string::npos) {
    complain(name, "a credential of one line of text");
    return std::nullopt;
  }
  return text->empty() ? std::nullopt : text;
}

std::string Settings::text(const char* name, std::string_view fallback) {
  return optional_text(name).value_or(std::string(fallback));
}

std::string Settings::required_text(const char* name) {
  auto value = optional_text(name);
  if (!value) {
    complain(name, "a value (it is not set)");
  }
  return value.value_or("");
}

std::uint64_t Settings::number(const char* name, std::uint64_t fallback, std::uint64_t minimum,
                               std::uint64_t maximum) {
  const auto value = optional_text(name);
  if (!value) {
    return fallback;
  }
  std::uint64_t parsed = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), parsed);
  if (error != std::errc{} || end != value->data() + value->size() || parsed < minimum ||
      parsed > maximum) {
    complain(name,
             "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
    return fallback;
  }
  return parsed;
}

bool Settings::flag(const char* name, bool fallback) {
  const auto value = optional_text(name);
  if (!value) {
    return fallback;
  }
  if (*value == "true" || *value == "1") {
    return true;
  }
  if (*value != "false" && *value != "0") {
    complain(name, "true or false");
  }
  return false;
}

void Settings::complain(const char* name, std::string_view expected) {
  complaints_.push_back(std::string(name) + ": expected " + std::string(expected));
}

void Settings::exit_if_invalid() const {
  if (complaints_.empty()) {
    return;
  }
  for (const auto& complaint : complaints_) {
    std::fprintf(stderr, "bad setting %s\n", complaint.c_str());
  }
  std::exit(78);  // NOLINT(concurrency-mt-unsafe): start-up, one thread
}

}  // namespace base
