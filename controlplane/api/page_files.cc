// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/page_files.h"

#include "controlplane/api/internal/errors.h"
#include "controlplane/auth/crypto.h"

#include <array>
#include <fstream>
#include <sstream>

namespace cp::api {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kContentTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".xml", "application/xml"},
}};

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(text).str();
}

std::string content_type_of(const std::string& extension) {
  for (const auto& [ending, type] : kContentTypes) {
    if (ending == extension) {
      return std::string(type);
    }
  }
  return "application/octet-stream";
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += i + j > bytes.size() ? '=' : kAlphabet[group >> (18U - 6U * j) & 63U];
    }
  }
  return text;
}

/// `'sha256-…'` sources for the inline scripts of the page, so that no other inline script ever
/// runs.
std::string inline_script_sources(std::string_view html) {
  constexpr std::string_view kOpen = "<script>";
  constexpr std::string_view kClose = "</script>";
  std::string sources;
  for (auto start = html.find(kOpen); start != std::string_view::npos;
       start = html.find(kOpen, start)) {
    start += kOpen.size();
    const auto end = html.find(kClose, start);
    if (end == std::string_view::npos) {
      break;
    }
    sources += " 'sha256-" + base64(auth::sha256(html.substr(start, end - start))) + "'";
  }
  return sources;
}

/// Whether an Accept-Encoding value names `coding` and does not refuse it with q=0.
bool accepts(std::string_view accept_encoding, std::string_view coding) {
  while (!accept_encoding.empty()) {
    const auto comma = accept_encoding.find(',');
    auto entry = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size()
                                                                  : comma + 1);
    entry.remove_prefix(std::min(entry.find_first_not_of(" \t"), entry.size()));
    const auto name = entry.substr(0, entry.find_first_of("; \t"));
    if (web::equal_ignoring_case(name, coding)) {
      const auto quality = entry.find("q=");
      return quality == std::string_view::npos ||
             entry.substr(quality + 2).find_first_of("123456789") != std::string_view::npos;
    }
  }
  return false;
}

}  // namespace

PageFiles::PageFiles(const std::filesystem::path& directory) {
  std::error_code error;
  for (auto entry = std::filesystem::recursive_directory_iterator(directory, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    const auto extension = entry->path().extension().string();
    if (!entry->is_regular_file() || extension == ".gz" || extension == ".br") {
      continue;
    }
    File file;
    file.content_type = content_type_of(extension);
    file.plain = read_file(entry->path());
    file.gzip = read_file(entry->path().string() + ".gz");
    file.brotli = read_file(entry->path().string() + ".br");
    file.entity_tag = auth::to_hex(auth::sha256(file.plain)).substr(0, 20);
    files_["/" + entry->path().lexically_relative(directory).generic_string()] = std::move(file);
  }
  const auto* index = find("/index.html");
  // Mantine and ECharts set style attributes; scripts come from our own files only.
  content_security_policy_ =
      "default-src 'self'; script-src 'self'" +
      (index == nullptr ? "" : inline_script_sources(index->plain)) +
      "; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
      "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
      "frame-ancestors 'none'";
}

const PageFiles::File* PageFiles::find(std::string_view path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

web::Response PageFiles::answer(const web::Request& request, const File& file,
                                bool is_immutable) const {
  web::Response response;
  const auto accepted = request.header("accept-encoding").value_or("");
  const std::string* body = &file.plain;
  std::string tag = file.entity_tag;
  if (!file.brotli.empty() && accepts(accepted, "br")) {
    body = &file.brotli;
    tag += "-br";
  } else if (!file.gzip.empty() && accepts(accepted, "gzip")) {
    body = &file.gzip;
    tag += "-gzip";
  }
  response.headers.set("ETag", "\"" + tag + "\"");
  response.headers.set("Vary", "Accept-Encoding");
  response.headers.set("Cache-Control",
                       is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.set("Content-Security-Policy", content_security_policy_);
  if (request.header("if-none-match").value_or("").find("\"" + tag + "\"") !=
      std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", file.content_type);
  if (body == &file.brotli) {
    response.headers.set("Content-Encoding", "br");
  } else if (body == &file.gzip) {
    response.headers.set("Content-Encoding", "gzip");
  }
  response.body = *body;
  return response;
}

web::Response PageFiles::serve(const web::Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    throw method_not_allowed(request.method);
  }
  const auto* file = find(request.path);
  if (file != nullptr) {
    return answer(request, *file, request.path.starts_with("/assets/"));
  }
  const bool looks_like_file =
      !request.segments.empty() && request.segments.back().find('.') != std::string::npos;
  const auto* index = find("/index.html");
  if (looks_like_file || index == nullptr) {
    return web::Response::with(404, "text/plain; charset=utf-8", "not found\n");
  }
  return answer(request, *index, false);
}

}  // namespace cp::api
