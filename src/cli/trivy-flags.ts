/** Trivy's own spellings of what is built, and the flag of ours that each means. */
export const TRIVY_ALIASES: readonly { readonly name: string; readonly short?: string; readonly flag: string }[] = [
  { name: 'vuln-type', flag: 'pkg-types' },
  { name: 'security-checks', flag: 'scanners' },
  { name: 'skip-db-update', flag: 'no-update' },
  { name: 'skip-update', flag: 'no-update' },
  { name: 'offline-scan', flag: 'offline' },
  { name: 'vuln-severity-source', flag: 'severity-source' },
]

/**
 * Flags that Trivy's users know and that are not built: refused by name, never ignored. From Trivy's reference of
 * `image`, `fs`, `rootfs` and `repo` (https://trivy.dev/latest/docs/references/configuration/cli/).
 */
export const TRIVY_UNBUILT: ReadonlySet<string> = new Set(
  `branch cache-backend cache-ttl check-namespaces checks-bundle-repository clear-cache commit compliance config
  config-check config-data config-file-schemas cf-params custom-headers db-repository dependency-tree
  detection-priority disable-telemetry download-db-only download-java-db-only enable-modules exclude-owned
  file-patterns generate-default-config helm-api-versions helm-kube-version helm-set helm-set-file helm-set-string
  helm-values ignore-policy ignored-licenses image-config-scanners include-deprecated-checks
  include-non-failures java-db-repository license-confidence-threshold license-full max-image-size
  misconfig-scanners module-dir no-delete output-plugin-arg pkg-relationships raw-config-scanners redis-ca
  redis-cert redis-key redis-tls rego-error-limit rego-v1-compatible removed-pkgs render-cause report reset
  sbom-sources secret-config server skip-check-update skip-java-db-update skip-policy-update skip-version-check
  skip-vex-repo-update table-mode tag template tf-exclude-downloaded-modules tf-vars token token-header vex`
    .split(/\s+/)
    .filter((name) => name !== ''),
)
