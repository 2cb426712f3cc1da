# Where everything lies on a server; the programs themselves are installed by add_program.
# systemd, D-Bus, polkit and sysctl look only below /usr, so the prefix is /usr wherever it matters.

# install_files(DESTINATION PATTERN...): what is there now; a new file of the same kind joins by itself.
function(install_files destination)
  list(TRANSFORM ARGN PREPEND "${PROJECT_SOURCE_DIR}/" OUTPUT_VARIABLE patterns)
  file(GLOB files CONFIGURE_DEPENDS ${patterns})
  if(files)
    install(FILES ${files} DESTINATION ${destination})
  endif()
endfunction()

install_files(lib/systemd/system systemd/units/*)
# Early steps of the appliance are wanted without being enabled: elsewhere their condition is not met.
install(CODE [[
  set(wants "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/sysinit.target.wants")
  file(MAKE_DIRECTORY "${wants}")
  foreach(step storage state firewall)
    file(CREATE_LINK "../bristle-${step}.service" "${wants}/bristle-${step}.service" SYMBOLIC)
  endforeach()
]])
install(FILES systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME bristle.conf)
install(FILES systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME bristle.conf)
install(FILES systemd/environment DESTINATION lib/bristle)
install(PROGRAMS systemd/setup systemd/load-firewall DESTINATION lib/bristle)
install_files(share/bristle/postgresql systemd/postgresql/*)

install_files(share/dbus-1/system.d appliance/daemon/org.bristle.Appliance1.conf)
install_files(share/dbus-1/system-services appliance/daemon/org.bristle.Appliance1.service)
install_files(share/dbus-1/interfaces appliance/daemon/org.bristle.Appliance1*.xml)
install_files(share/polkit-1/actions appliance/daemon/*.policy)
install_files(share/polkit-1/rules.d appliance/daemon/*.rules)

# Only the image makes the system read these (links in sysctl.d and the like): a plain server keeps its own settings.
install_files(share/bristle/kernel kernel-config/cmdline* kernel-config/*.conf kernel-config/*.rules)
install_files(share/bristle systemd/firewall-minimal.nft)

# The page is built by npm beside the programs (appliance/local/build page).
install(DIRECTORY build/page/ DESTINATION share/bristle/page OPTIONAL)

install_files(share/doc/bristle README.md ARCHITECTURE.md docs/operations.md)
install(FILES systemd/README.md DESTINATION share/doc/bristle RENAME systemd.md)
