/** Where rpm keeps its database: by old custom, since rpm 4.17 in some distributions (and SUSE), and in images built by rpm-ostree. */
export const RPM_FOLDERS = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'] as const
