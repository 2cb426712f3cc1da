# The Debian package `bristle`; systemd/make-packages calls cpack and makes the engine library's package beside it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME bristle)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "Bristle")
set(CPACK_PACKAGE_CONTACT "Bristle <operator@bristle.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Product analytics that any PostHog SDK can send to")
set(CPACK_PACKAGE_DESCRIPTION "Capture, flags, API, page, worker and their stores, started by bristle.target.
It listens on 127.0.0.1:8000 until /etc/bristle/environment says otherwise.")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/package")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES TRUE)
set(CPACK_VERBATIM_VARIABLES TRUE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# 252 is the first systemd with every directive of the units; sysusers makes the accounts.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "bristle-engine-library, systemd (>= 252), init-system-helpers (>= 1.54), \
dbus, polkitd, iproute2, nftables, postgresql-16 | postgresql-15")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA postinst prerm postrm)
list(TRANSFORM CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA PREPEND "${PROJECT_SOURCE_DIR}/systemd/debian/")
include(CPack)
