# `install`: headers, both libraries, the tool, pkg-config file, and a CMake package (find_package(linkboy)).
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(linkboy_shared PROPERTIES EXPORT_NAME linkboy)
set_target_properties(linkboy_static PROPERTIES EXPORT_NAME static)
install(TARGETS linkboy_shared linkboy_static EXPORT linkboy
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET linkboy_tool)
  install(TARGETS linkboy_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

configure_file(cmake/linkboy.pc.in linkboy.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/linkboy.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(LINKBOY_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/linkboy)
install(EXPORT linkboy NAMESPACE linkboy:: FILE linkboy-targets.cmake DESTINATION ${LINKBOY_CMAKE_DIR})
configure_package_config_file(cmake/linkboy-config.cmake.in linkboy-config.cmake INSTALL_DESTINATION ${LINKBOY_CMAKE_DIR})
write_basic_package_version_file(linkboy-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/linkboy-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/linkboy-config-version.cmake
  DESTINATION ${LINKBOY_CMAKE_DIR})
