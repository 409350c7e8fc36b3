# SPDX-License-Identifier: Apache-2.0
# What a package has beside what "cmake --install" puts in place. cpack runs it on the tree of each component,
# before it packs it: stripped programs, compressed manuals, the licences, and Debian's own changelog.

# file(INSTALL) would go to the DESTDIR of the component that was put in place last.
function(put from to)
	cmake_path(GET to PARENT_PATH directory)
	file(MAKE_DIRECTORY ${directory})
	file(COPY_FILE ${from} ${to})
	file(CHMOD ${to} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

set(ENV{SOURCE_DATE_EPOCH} ${CPACK_RSSH_NOVA_EPOCH})
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
	set(tree ${CPACK_TEMPORARY_DIRECTORY}/${component})
	if(NOT EXISTS ${tree})
		message(FATAL_ERROR "cpack has put nothing into ${tree}")
	endif()

	file(GLOB manuals ${tree}/usr/share/man/man*/*.[1-8])
	foreach(manual IN LISTS manuals)
		execute_process(COMMAND gzip -9n ${manual} COMMAND_ERROR_IS_FATAL ANY)
	endforeach()

	file(GLOB programs ${tree}/usr/bin/* ${tree}/usr/sbin/* ${tree}/usr/lib/rssh-nova/nova-path/ssh)
	foreach(program IN LISTS programs)
		execute_process(COMMAND ${CPACK_RSSH_NOVA_STRIP} --remove-section=.comment --remove-section=.note
			${program} COMMAND_ERROR_IS_FATAL ANY)
	endforeach()
	# Of the archive stays what linking with it needs.
	file(GLOB_RECURSE archives ${tree}/usr/*.a)
	foreach(archive IN LISTS archives)
		execute_process(COMMAND ${CPACK_RSSH_NOVA_STRIP} --strip-debug --enable-deterministic-archives
			--remove-section=.comment --remove-section=.note ${archive} COMMAND_ERROR_IS_FATAL ANY)
	endforeach()

	if(CPACK_GENERATOR STREQUAL "DEB")
		set(deb ${CPACK_RSSH_NOVA_DEBIAN})
		string(TOUPPER ${component} upper)
		set(name ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
		set(doc ${tree}/usr/share/doc/${name})
		file(REMOVE ${doc}/LICENSE)
		put(${CPACK_RSSH_NOVA_DEBIAN}/copyright ${doc}/copyright)
		put(${deb}/changelog ${doc}/changelog.Debian)
		execute_process(COMMAND gzip -9n ${doc}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
		if(EXISTS ${deb}/${name}.lintian-overrides)
			put(${deb}/${name}.lintian-overrides ${tree}/usr/share/lintian/overrides/${name})
		endif()
	elseif(component STREQUAL CPACK_RPM_MAIN_COMPONENT)
		put(${CPACK_RSSH_NOVA_DEBIAN}/copyright ${tree}/usr/${CPACK_RSSH_NOVA_DOCDIR}/copyright)
	endif()

	# Whatever the umask of who packs.
	file(CHMOD_RECURSE ${tree} DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
		GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endforeach()
