// SPDX-License-Identifier: LicenseRef-Project
// A request of ClickHouse's HTTP interface, read but not judged: texts, settings, parameters,
// wishes.
#pragma once

#include "controlplane/engine/chdb.h"
#include "controlplane/web/compression.h"
#include "controlplane/web/message.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace cp::engine {

/// What a request asks for. Owns its texts but for a body that came uncoded, which stays in the
/// request.
struct HttpQuery {
  std::string url_text;        ///< `query=`
  std::string_view body_text;  ///< the body, decoded; lives in the request or in `decoded_body`
  std::unique_ptr<const std::string> decoded_body;
  std::string database;
  std::string default_format;  ///< empty when the request names none
  std::string query_id;        ///< empty when the request gives none
  NamedValues settings;        ///< everything in the URL that is not the interface's own
  NamedValues parameters;      ///< `param_*`, without the prefix
  bool wait_end_of_query = false;
  bool is_read_only = false;                         ///< GET and HEAD must not change anything
  web::Encoding encoding = web::Encoding::identity;  ///< of the response
};

/// Reads a request. Throws EngineError for a body it cannot decode and for ClickHouse's own block
/// compression
/// (`compress=1`), which is not spoken. A decoded body may have up to `body_bytes_max` bytes.
HttpQuery read_http_query(const web::Request& request, std::size_t body_bytes_max);

/// The Content-Type that ClickHouse sends for an output format.
std::string_view content_type_of(std::string_view format) noexcept;

}  // namespace cp::engine
