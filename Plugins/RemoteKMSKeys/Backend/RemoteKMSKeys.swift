#if RemoteKMS
public import StrongroomKeys

/// A key service elsewhere as a key backend: whatever speaks AWS KMS's JSON protocol over HTTPS.
///
/// The service makes, wraps and opens data keys; this process never has the keys that they are wrapped under. It keeps
/// nothing on disk, so it needs no keyring, and takes no secret: what it asks with stands in a file.
///
/// | setting | meaning |
/// |---|---|
/// | `endpoint` | `https://host`, or `https://host:port`; redirects are not followed |
/// | `region` | the region that requests are signed for |
/// | `credentials-file` | absolute path, in the form of AWS's shared credentials file, mode 0600 |
/// | `profile` | which profile of it; `default` by default |
/// | `ca-file` | the authorities that the service's certificate may come from; by default the system's |
/// | `default-key-id` | the key of requests that name none |
/// | `connect-timeout-seconds` | 1 to 60; 5 by default |
/// | `request-timeout-seconds` | for one attempt, 1 to 300; 10 by default. The request's own deadline holds for all |
/// | `attempts` | how often one call tries its request, 1 to 10; 3 by default. A store repeats calls, too: see below |
/// | `connections` | at most so many at once, 1 to 64; 16 by default |
/// | `allow-plain-http` | `true`: `http://` is accepted for an address of this machine, for tests |
///
/// A store repeats what failed by itself, three times by default, and each time is a call with `attempts` of its own:
/// together up to twelve requests for one data key, within its deadline. With `attempts` at 1 the store alone repeats.
///
/// A wrapped data key names its key by ARN; its version is the id of the key material where the service says it, else
/// `unversioned`.
public enum RemoteKMSKeys {
    /// The backend's name.
    public static let name = "remote-kms"
    /// The backend's own version.
    public static let version = "1.0.0"

    /// The backend as a host opens it, linked in or as a module.
    public static let table = exportKeyBackend(
        name: name, version: version, capabilities: [.bindsContext]
    ) { (configuration, host) throws(KeyBackendError) in
        try RemoteBackend(configuration, host)
    }
}
#endif
