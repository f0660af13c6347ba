/// Certificates that prove nothing to anybody: made for these tests, with their keys beside them. They are valid from
/// 2020 to 2120, but for the one that has expired.
package enum TestCertificates {
    /// Has signed all others but ``otherAuthority``.
    package static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBezCCASGgAwIBAgIBATAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlTdHJvbmdy
        b29tIHRlc3QgYXV0aG9yaXR5MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAw
        MDAwWjAkMSIwIAYDVQQDDBlTdHJvbmdyb29tIHRlc3QgYXV0aG9yaXR5MFkwEwYH
        KoZIzj0CAQYIKoZIzj0DAQcDQgAEnllr8DiOtcs+EwfTDLCNXmJ765pBbooDbYZV
        /zAIF7YV2DMT3dSalf0Pp/L2gHwHSE6wr8kYvm7/m3yCb9ZyoqNCMEAwDwYDVR0T
        AQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQwHQYDVR0OBBYEFBG5CRp9rMXZcjgf
        Qvk7t76lp0vkMAoGCCqGSM49BAMCA0gAMEUCIQDJxuuNEUJ/LAS7tMOJytdkpPb9
        T2pStjbV7dSC/j+ICgIgR2wbVN5EDLv9skeApz2ATCzrfp/nIPSJPEND23IWZYg=
        -----END CERTIFICATE-----
        """

    /// Has signed none.
    package static let otherAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIBdDCCARmgAwIBAgIBAjAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTdHJvbmdy
        b29tIHRlc3Qgb3RoZXIwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBa
        MCAxHjAcBgNVBAMMFVN0cm9uZ3Jvb20gdGVzdCBvdGhlcjBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABD10eK2zDXTj1qoEQtumTnYzVcNp8PJjVavwor9Alxs2d/3X
        ZZljj9ZruvyT6Px1iWsMZ0QBb5L4Q+eUU9VPWK6jQjBAMA8GA1UdEwEB/wQFMAMB
        Af8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBQIb2e7Hy3CACPoUuhvkOnn3DEt
        qDAKBggqhkjOPQQDAgNJADBGAiEA+rlacrGTmUpB1DioO5qeoy5KQr7x1INz04G/
        CXBrvPQCIQCZ0rgPfiippraKAGpxfcI8n7EB1aWgPF/sb352i1OXcw==
        -----END CERTIFICATE-----
        """

    /// For 127.0.0.1 and localhost.
    package static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBnjCCAUWgAwIBAgIBAzAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlTdHJvbmdy
        b29tIHRlc3QgYXV0aG9yaXR5MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAw
        MDAwWjAhMR8wHQYDVQQDDBZTdHJvbmdyb29tIHRlc3Qgc2VydmVyMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEXHEzSwm3VtVyRuWehPrefDLegdvTwnLeCqyLRqs5
        YNtd84Hawts0cYlMthTaVSxwQ5aLuwNaSd3u/aC/b9tgaKNpMGcwGgYDVR0RBBMw
        EYcEfwAAAYIJbG9jYWxob3N0MAkGA1UdEwQCMAAwHQYDVR0OBBYEFL8I8fOvh41W
        EacCSKuOoB//Zr3qMB8GA1UdIwQYMBaAFBG5CRp9rMXZcjgfQvk7t76lp0vkMAoG
        CCqGSM49BAMCA0cAMEQCIHlIpyAemNNnw9OCk0myo76cwIXLCtJDaiq8tsG5AB9o
        AiAc8AyzXyhi7u9xMzmg9PneHtRQZvCdXD4KN1vNVklmEw==
        -----END CERTIFICATE-----
        """

    /// For elsewhere.example.
    package static let elsewhere = """
        -----BEGIN CERTIFICATE-----
        MIIBozCCAUqgAwIBAgIBBDAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlTdHJvbmdy
        b29tIHRlc3QgYXV0aG9yaXR5MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAw
        MDAwWjAkMSIwIAYDVQQDDBlTdHJvbmdyb29tIHRlc3QgZWxzZXdoZXJlMFkwEwYH
        KoZIzj0CAQYIKoZIzj0DAQcDQgAEXHEzSwm3VtVyRuWehPrefDLegdvTwnLeCqyL
        Rqs5YNtd84Hawts0cYlMthTaVSxwQ5aLuwNaSd3u/aC/b9tgaKNrMGkwHAYDVR0R
        BBUwE4IRZWxzZXdoZXJlLmV4YW1wbGUwCQYDVR0TBAIwADAdBgNVHQ4EFgQUvwjx
        86+HjVYRpwJIq46gH/9mveowHwYDVR0jBBgwFoAUEbkJGn2sxdlyOB9C+Tu3vqWn
        S+QwCgYIKoZIzj0EAwIDRwAwRAIgT7Q+VUgt1FqbprCINfBZ0F8u3lP0qfmEA+g3
        X93abEUCICxIgKaF7Rc8gfQpREMhB7KaHuZusQ9k5Ntca4C6QWys
        -----END CERTIFICATE-----
        """

    /// For 127.0.0.1, until February 2020.
    package static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBkzCCATmgAwIBAgIBBTAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlTdHJvbmdy
        b29tIHRlc3QgYXV0aG9yaXR5MB4XDTIwMDEwMTAwMDAwMFoXDTIwMDIwMTAwMDAw
        MFowIjEgMB4GA1UEAwwXU3Ryb25ncm9vbSB0ZXN0IGV4cGlyZWQwWTATBgcqhkjO
        PQIBBggqhkjOPQMBBwNCAARccTNLCbdW1XJG5Z6E+t58Mt6B29PCct4KrItGqzlg
        213zgdrC2zRxiUy2FNpVLHBDlou7A1pJ3e79oL9v22Boo14wXDAPBgNVHREECDAG
        hwR/AAABMAkGA1UdEwQCMAAwHQYDVR0OBBYEFL8I8fOvh41WEacCSKuOoB//Zr3q
        MB8GA1UdIwQYMBaAFBG5CRp9rMXZcjgfQvk7t76lp0vkMAoGCCqGSM49BAMCA0gA
        MEUCIHjFbTjixIgvZhXyMr45V/lLMa/TPaH53538X3nOW5+hAiEAzVDtR009eV1X
        Z/5BfXbYY1P+gz3OkCmE3D3jxz2te0I=
        -----END CERTIFICATE-----
        """

    /// The key of ``server``, ``elsewhere`` and ``expired``.
    package static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbwe5AAxxHezWZ4lJ
        81y3TqdrmcFPxeiN5/C0lodpVAuhRANCAARccTNLCbdW1XJG5Z6E+t58Mt6B29PC
        ct4KrItGqzlg213zgdrC2zRxiUy2FNpVLHBDlou7A1pJ3e79oL9v22Bo
        -----END PRIVATE KEY-----
        """
}
