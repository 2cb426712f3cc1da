// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/sys/uring.h"

#include "dataplane/sys/internal/ring.h"

#include <utility>

namespace dp::sys {

base::Result<std::unique_ptr<Uring>> Uring::create(Options options) {
  auto ring = internal::Ring::create(options.submission_entries, options.completion_entries);
  if (!ring) {
    return base::unexpected(ring.error());
  }
  return std::unique_ptr<Uring>(new Uring(std::move(ring).value()));
}

Uring::Uring(std::unique_ptr<internal::Ring> ring) noexcept : ring_(std::move(ring)) {}
Uring::~Uring() = default;

void Uring::attach_thread() noexcept { ring_->attach_thread(); }
void Uring::wait(std::uint64_t timeout_ns, std::uint32_t completions_wanted) noexcept {
  ring_->wait(timeout_ns, completions_wanted);
}
void Uring::watch(std::uint64_t timeout_ns) noexcept { ring_->watch(timeout_ns); }
std::uint32_t Uring::dispatch() noexcept { return ring_->dispatch(); }
void Uring::wake() noexcept { ring_->wake(); }
void Uring::shut_down() noexcept { ring_->shut_down(); }
std::uint64_t Uring::kernel_entries() const noexcept { return ring_->kernel_entries(); }

}  // namespace dp::sys
