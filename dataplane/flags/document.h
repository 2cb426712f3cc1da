// SPDX-License-Identifier: LicenseRef-Project
// The JSON that flags endpoints answer with: an evaluation without flags in every family, remote
// config, errors.
#pragma once

#include "dataplane/flags/family.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dp::flags {

/// What an answer carries besides flags.
struct Evaluation {
  std::string_view request_id;    ///< UUID text.
  std::int64_t evaluated_ms = 0;  ///< Unix time.
  std::string_view
      config_fields;  ///< Fields to merge at the top level, without braces; may be empty.
};

/// Replaces `out` by an evaluation that found no flag, in the shape of `family`.
void render_empty_evaluation(std::string& out, Family family, const Evaluation& evaluation);

/// The config fields a client gets when the stored remote config cannot be read
/// (flags-protocol 3.2).
inline constexpr std::string_view kConfigFieldsWithoutStore =
    R"("supportedCompression":["gzip","gzip-js"],"hasFeatureFlags":false,"sessionRecording":false,)"
    R"("surveys":false,"heatmaps":false,"capturePerformance":false,"autocaptureExceptions":false,)"
    R"("isAuthenticated":false,)"
    R"("toolbarParams":{},"config":{"enable_collect_everything":true})";

/// The config fields of the constant document that `GET /flags` answers (flags-protocol 3).
inline constexpr std::string_view kConfigFieldsWithoutProject =
    R"("supportedCompression":["gzip","gzip-js"],"config":{"enable_collect_everything":true},)"
    R"("toolbarParams":{},"isAuthenticated":false,"sessionRecording":false)";

/// The `remote_config` object of a stored project (dataplane/format/tenant_store.h); nothing when
/// the value is not what the publisher promised. The view points into `project_json`.
std::optional<std::string_view> remote_config_of(std::string_view project_json) noexcept;

/// The fields of an object without its braces; empty for an empty object.
std::string_view fields_of(std::string_view object) noexcept;

/// Replaces `out` by the script of `/array/<token>/config.js`. `token` holds nothing that a script
/// must escape.
void render_config_script(std::string& out, std::string_view token, std::string_view remote_config);

/// Replaces `out` by an error object: `{"type","code","detail","attr":null}`. The texts need no
/// escaping.
void render_error(std::string& out, std::string_view type, std::string_view code,
                  std::string_view detail);

/// Replaces `out` by a strong entity tag of `content`, with its quotes.
void render_entity_tag(std::string& out, std::string_view content);

/// True when an If-None-Match value names `entity_tag` or is `*` (RFC 9110 13.1.2, weak
/// comparison).
bool matches_entity_tag(std::string_view if_none_match, std::string_view entity_tag) noexcept;

}  // namespace dp::flags
