//! Certificates made for a test: by an authority of its own, for a host, for a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Somebody who signs certificates, and whom nobody but a `ca_file` knows.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, as a `ca_file` has it.
    pub pem: String,
}

impl Authority {
    pub fn new() -> Authority {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut params = params(&format!("authority {number} of the tests"), &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = key();
        let pem = params.self_signed(&key).expect("it can sign for itself").pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// What a server needs to speak TLS as that host, by a certificate that is valid today.
    pub fn server(&self, host: &str) -> Arc<ServerConfig> {
        self.sign(params("a server of the tests", &[host]))
    }

    /// The same by one that was valid once.
    pub fn expired_server(&self, host: &str) -> Arc<ServerConfig> {
        let mut params = params("a server of the tests", &[host]);
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(params)
    }

    /// The same by one that is not valid yet.
    pub fn early_server(&self, host: &str) -> Arc<ServerConfig> {
        let mut params = params("a server of the tests", &[host]);
        params.not_before = date_time_ymd(4000, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Arc<ServerConfig> {
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("the authority can sign");
        server(certificate.der().clone(), &key)
    }
}

impl Default for Authority {
    fn default() -> Authority {
        Authority::new()
    }
}

/// What a server needs to speak TLS as that host, by a certificate that it signed for itself.
pub fn self_signed_server(host: &str) -> Arc<ServerConfig> {
    let key = key();
    let certificate = params("a server of the tests", &[host]).self_signed(&key).expect("it can sign for itself");
    server(certificate.der().clone(), &key)
}

/// The same, where the certificate says of itself that it is an authority's, as `openssl req -x509` makes it.
pub fn self_signed_authority(host: &str) -> Arc<ServerConfig> {
    let key = key();
    let mut params = params("a server of the tests", &[host]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).expect("it can sign for itself");
    server(certificate.der().clone(), &key)
}

fn params(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).expect("the hosts have names");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("there is randomness")
}

fn server(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("the key is the certificate's");
    Arc::new(config)
}
