// SPDX-License-Identifier: LicenseRef-Project
// The form for network and firewall settings: edit, check by the service's own plan, apply on
// trial.
#pragma once

#include "appliance/console/desk.h"
#include "appliance/console/line_edit.h"
#include "appliance/console/model.h"

#include <string>
#include <vector>

namespace ap::console {

/// Edits the settings of `noun` (`Network` or `Firewall`). `Plan` of the service is the validation:
/// its sentence is shown at the field it names; a good plan leads to the action dialog.
class FormDialog final : public Dialog {
 public:
  FormDialog(std::string noun, std::vector<Setting> settings);

  void key(const Key& key, Desk& desk) override;
  void draw(Canvas& canvas, const State& state) override;
  [[nodiscard]] Hints hints(const State& state) const override;

 private:
  [[nodiscard]] int field_count() const noexcept { return static_cast<int>(edits_.size()); }
  [[nodiscard]] std::vector<Setting> edited() const;
  void move(int by);
  void review(Desk& desk);
  void planned(const Answer& answer, const std::string& changes, Desk& desk);
  void draw_field(Canvas& canvas, const Area& box, int row, int index) const;

  std::string noun_;
  std::vector<Setting> settings_;
  std::vector<LineEdit> edits_;
  int active_ = 0;  ///< A field, then the two buttons.
  bool is_checking_ = false;
  int wrong_field_ = -1;
  std::string message_;
};

}  // namespace ap::console
