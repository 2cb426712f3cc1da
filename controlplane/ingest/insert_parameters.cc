// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/internal/insert_parameters.h"

#include <unistd.h>

#include <algorithm>

namespace cp::ingest::internal {

std::string query_id_prefix(const std::string& token) {
  std::string id = "ingest-" + token + '-';
  std::replace(id.begin(), id.end(), ':', '-');
  return id;
}

olap::Parameters insert_parameters(const std::string& token, std::uint64_t number) {
  return {{"query_id",
           query_id_prefix(token) + std::to_string(::getpid()) + '-' + std::to_string(number)},
          {"insert_deduplication_token", token},
          {"insert_deduplicate", "1"},
          {"async_insert", "0"},
          {"wait_end_of_query", "1"},
          {"max_partitions_per_insert_block", "0"},
          {"max_insert_block_size", "16777216"},
          {"min_insert_block_size_rows", "16777216"},
          {"min_insert_block_size_bytes", "4294967296"}};
}

void take_again(olap::Parameters& parameters) {
  parameters.insert_or_assign("insert_deduplicate", std::string(1, '0'));
  parameters.erase("insert_deduplication_token");
}

}  // namespace cp::ingest::internal
