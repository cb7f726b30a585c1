# The Python package: python/extension (C over the public header and CPython's limited API) and python/linkboy (Python),
# together in build/python/linkboy, so that PYTHONPATH=build/python imports it. LINKBOY_PYTHON: AUTO builds it where
# Python's headers are, ON insists, OFF does not. `pip install .` builds the same as a wheel (pyproject.toml).
set(LINKBOY_PYTHON AUTO CACHE STRING "Build the Python package: AUTO, ON or OFF")
if(LINKBOY_PYTHON STREQUAL "OFF" OR NOT TARGET linkboy_tool)
  return()
endif()
if(LINKBOY_PYTHON STREQUAL "AUTO")
  find_package(Python3 3.11 COMPONENTS Interpreter Development.Module QUIET)
else()
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
endif()
if(NOT Python3_Development.Module_FOUND)
  message(STATUS "Python 3.11 or later with headers was not found: no Python package")
  return()
endif()

# The extension knows the public header alone, as the tool does.
file(GLOB LINKBOY_EXTENSION_SOURCES CONFIGURE_DEPENDS python/extension/*.c)
Python3_add_library(linkboy_python MODULE ${LINKBOY_EXTENSION_SOURCES})
set_target_properties(linkboy_python PROPERTIES
  OUTPUT_NAME _C PREFIX "" SUFFIX ".abi3.so" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/python/linkboy)
target_include_directories(linkboy_python PRIVATE python/extension)
target_compile_definitions(linkboy_python PRIVATE Py_LIMITED_API=0x030B0000)
target_link_libraries(linkboy_python PRIVATE linkboy_warnings linkboy_static m)
if(UNIX AND NOT APPLE)
  target_link_options(linkboy_python PRIVATE -Wl,--exclude-libs,ALL -Wl,--gc-sections)
endif()

# The Python files are linked, not copied: a change is there at once.
file(GLOB_RECURSE LINKBOY_PYTHON_FILES CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/python
  python/linkboy/*.py python/linkboy/*.pyi python/linkboy/py.typed)
foreach(file IN LISTS LINKBOY_PYTHON_FILES)
  get_filename_component(folder ${CMAKE_BINARY_DIR}/python/${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/python/${file} ${CMAKE_BINARY_DIR}/python/${file} SYMBOLIC)
endforeach()

# Type stubs are read off the package that was built.
if(NOT CMAKE_CROSSCOMPILING AND NOT LINKBOY_SANITIZE)
  add_custom_command(TARGET linkboy_python POST_BUILD
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/scripts/python_stubs.py ${CMAKE_BINARY_DIR}/python VERBATIM)
  set(LINKBOY_STUBS ${CMAKE_BINARY_DIR}/python/linkboy/_C.pyi ${CMAKE_BINARY_DIR}/python/linkboy/__init__.pyi)
endif()

if(SKBUILD)
  install(TARGETS linkboy_python LIBRARY DESTINATION linkboy COMPONENT python)
  install(FILES ${LINKBOY_STUBS} DESTINATION linkboy COMPONENT python)
endif()
