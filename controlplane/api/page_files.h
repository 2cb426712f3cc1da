// SPDX-License-Identifier: LicenseRef-Project
// The built web page: static files with precompressed twins, served from memory.
#pragma once

#include "controlplane/web/message.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace cp::api {

/// Every file of BRISTLE_PAGE_DIRECTORY, read at start. Immutable, so any thread may ask.
/// Files under `assets/` carry a hash in their name and are cached for ever; everything else is
/// revalidated by its entity tag. A path that names no file and looks like no file is the page's
/// own affair: it gets index.html.
class PageFiles {
 public:
  /// Reads the directory; an absent one is an empty page (every path 404).
  explicit PageFiles(const std::filesystem::path& directory);

  [[nodiscard]] bool empty() const noexcept { return files_.empty(); }

  /// Answers GET and HEAD; 405 for the rest, 404 for what is not there.
  [[nodiscard]] web::Response serve(const web::Request& request) const;

 private:
  struct File {
    std::string content_type;
    std::string entity_tag;
    std::string plain;
    std::string gzip;    ///< empty: no such twin
    std::string brotli;  ///< empty: no such twin
  };

  [[nodiscard]] const File* find(std::string_view path) const;
  [[nodiscard]] web::Response answer(const web::Request& request, const File& file,
                                     bool is_immutable) const;

  std::map<std::string, File, std::less<>> files_;
  std::string content_security_policy_;
};

}  // namespace cp::api
