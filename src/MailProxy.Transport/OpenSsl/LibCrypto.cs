using System.Runtime.InteropServices;

namespace MailProxy.Transport.OpenSsl;

/// <summary>libcrypto of OpenSSL 3: files, certificates, keys, errors and the BIO that the loops bring.</summary>
internal static unsafe partial class LibCrypto
{
    private const string Library = "libcrypto.so.3";

    [LibraryImport(Library, EntryPoint = "ERR_clear_error"), SuppressGCTransition]
    public static partial void ClearErrors();

    [LibraryImport(Library, EntryPoint = "ERR_get_error_all")]
    public static partial nuint NextError(nint* file, int* line, nint* function, nint* data, int* flags);

    [LibraryImport(Library, EntryPoint = "ERR_error_string_n")]
    public static partial void ErrorText(nuint error, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "BIO_meth_new", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint NewMethod(int type, string name);

    [LibraryImport(Library, EntryPoint = "BIO_meth_set_read")]
    public static partial int SetRead(nint method, delegate* unmanaged<nint, byte*, int, int> read);

    [LibraryImport(Library, EntryPoint = "BIO_meth_set_write")]
    public static partial int SetWrite(nint method, delegate* unmanaged<nint, byte*, int, int> write);

    [LibraryImport(Library, EntryPoint = "BIO_meth_set_ctrl")]
    public static partial int SetControl(nint method, delegate* unmanaged<nint, int, nint, nint, nint> control);

    [LibraryImport(Library, EntryPoint = "BIO_new")]
    public static partial nint NewBio(nint method);

    [LibraryImport(Library, EntryPoint = "BIO_up_ref")]
    public static partial int KeepBio(nint bio);

    [LibraryImport(Library, EntryPoint = "BIO_free")]
    public static partial int FreeBio(nint bio);

    [LibraryImport(Library, EntryPoint = "BIO_set_flags"), SuppressGCTransition]
    public static partial void SetFlags(nint bio, int flags);

    [LibraryImport(Library, EntryPoint = "BIO_clear_flags"), SuppressGCTransition]
    public static partial void ClearFlags(nint bio, int flags);

    [LibraryImport(Library, EntryPoint = "BIO_new_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OpenFile(string path, string mode);

    [LibraryImport(Library, EntryPoint = "BIO_new_mem_buf")]
    public static partial nint OpenMemory(byte* data, int length);

    [LibraryImport(Library, EntryPoint = "BIO_s_mem")]
    public static partial nint MemoryMethod();

    [LibraryImport(Library, EntryPoint = "BIO_ctrl")]
    public static partial nint ControlBio(nint bio, int command, nint number, nint* pointer);

    [LibraryImport(Library, EntryPoint = "PEM_read_bio_X509_AUX")]
    public static partial nint ReadCertificateAux(nint bio, nint* certificate, nint callback, nint argument);

    [LibraryImport(Library, EntryPoint = "PEM_read_bio_X509")]
    public static partial nint ReadCertificate(nint bio, nint* certificate, nint callback, nint argument);

    [LibraryImport(Library, EntryPoint = "PEM_read_bio_PrivateKey")]
    public static partial nint ReadPrivateKey(nint bio, nint* key, delegate* unmanaged<byte*, int, int, nint, int> callback, nint argument);

    [LibraryImport(Library, EntryPoint = "PEM_read_bio_Parameters")]
    public static partial nint ReadParameters(nint bio, nint* key);

    [LibraryImport(Library, EntryPoint = "PEM_write_bio_X509")]
    public static partial int WriteCertificate(nint bio, nint certificate);

    [LibraryImport(Library, EntryPoint = "X509_up_ref")]
    public static partial int KeepCertificate(nint certificate);

    [LibraryImport(Library, EntryPoint = "X509_free")]
    public static partial void FreeCertificate(nint certificate);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    public static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "i2d_X509")]
    public static partial int WriteDer(nint certificate, byte** output);

    [LibraryImport(Library, EntryPoint = "X509_get_subject_name")]
    public static partial nint Subject(nint certificate);

    [LibraryImport(Library, EntryPoint = "X509_get_issuer_name")]
    public static partial nint Issuer(nint certificate);

    [LibraryImport(Library, EntryPoint = "X509_get_serialNumber")]
    public static partial nint Serial(nint certificate);

    [LibraryImport(Library, EntryPoint = "X509_get0_notAfter")]
    public static partial nint NotAfter(nint certificate);

    [LibraryImport(Library, EntryPoint = "X509_get_ext_d2i")]
    public static partial nint Extension(nint certificate, int nid, int* isCritical, int* index);

    [LibraryImport(Library, EntryPoint = "GENERAL_NAMES_free")]
    public static partial void FreeGeneralNames(nint names);

    [LibraryImport(Library, EntryPoint = "GENERAL_NAME_get0_value")]
    public static partial nint GeneralName(nint name, int* type);

    [LibraryImport(Library, EntryPoint = "OPENSSL_sk_num")]
    public static partial int Count(nint stack);

    [LibraryImport(Library, EntryPoint = "OPENSSL_sk_value")]
    public static partial nint At(nint stack, int index);

    [LibraryImport(Library, EntryPoint = "X509_NAME_get_index_by_NID")]
    public static partial int FindAttribute(nint name, int nid, int after);

    [LibraryImport(Library, EntryPoint = "X509_NAME_get_entry")]
    public static partial nint Attribute(nint name, int index);

    [LibraryImport(Library, EntryPoint = "X509_NAME_ENTRY_get_data")]
    public static partial nint AttributeValue(nint attribute);

    [LibraryImport(Library, EntryPoint = "ASN1_STRING_get0_data")]
    public static partial byte* StringData(nint text);

    [LibraryImport(Library, EntryPoint = "ASN1_STRING_length")]
    public static partial int StringLength(nint text);

    [LibraryImport(Library, EntryPoint = "ASN1_STRING_to_UTF8")]
    public static partial int ToUtf8(byte** output, nint text);

    [LibraryImport(Library, EntryPoint = "CRYPTO_free")]
    public static partial void Free(byte* memory, nint file, int line);

    [LibraryImport(Library, EntryPoint = "ASN1_TIME_set")]
    public static partial nint NewTime(nint time, nint secondsOfUnix);

    [LibraryImport(Library, EntryPoint = "ASN1_TIME_diff")]
    public static partial int Difference(int* days, int* seconds, nint from, nint to);

    [LibraryImport(Library, EntryPoint = "ASN1_TIME_free")]
    public static partial void FreeTime(nint time);

    [LibraryImport(Library, EntryPoint = "X509_get0_pubkey")]
    public static partial nint PublicKey(nint certificate);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_base_id")]
    public static partial int KeyType(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_bits")]
    public static partial int KeyBits(nint key);

    [LibraryImport(Library, EntryPoint = "X509_get_signature_nid")]
    public static partial int SignatureType(nint certificate);

    [LibraryImport(Library, EntryPoint = "OBJ_nid2sn")]
    public static partial nint ShortName(int nid);

    [LibraryImport(Library, EntryPoint = "i2a_ASN1_INTEGER")]
    public static partial int PrintInteger(nint bio, nint integer);

    [LibraryImport(Library, EntryPoint = "X509_NAME_print_ex")]
    public static partial int PrintName(nint bio, nint name, int indent, nuint flags);

    [LibraryImport(Library, EntryPoint = "X509_verify_cert_error_string")]
    public static partial nint VerifyText(nint code);

    [LibraryImport(Library, EntryPoint = "X509_check_host", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CheckHost(nint certificate, string name, nuint length, uint flags, nint peerName);

    [LibraryImport(Library, EntryPoint = "X509_check_ip_asc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CheckAddress(nint certificate, string address, uint flags);

    [LibraryImport(Library, EntryPoint = "X509_STORE_add_lookup")]
    public static partial nint AddLookup(nint store, nint method);

    [LibraryImport(Library, EntryPoint = "X509_LOOKUP_file")]
    public static partial nint FileLookup();

    [LibraryImport(Library, EntryPoint = "X509_LOOKUP_ctrl", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ControlLookup(nint lookup, int command, string text, nint number, nint result);

    [LibraryImport(Library, EntryPoint = "X509_STORE_set_flags")]
    public static partial int SetStoreFlags(nint store, nuint flags);

    [LibraryImport(Library, EntryPoint = "X509_STORE_add_cert")]
    public static partial int AddToStore(nint store, nint certificate);

    [LibraryImport(Library, EntryPoint = "X509_STORE_get0_objects")]
    public static partial nint StoreObjects(nint store);

    [LibraryImport(Library, EntryPoint = "X509_OBJECT_get0_X509")]
    public static partial nint StoredCertificate(nint storeObject);

    [LibraryImport(Library, EntryPoint = "X509_OBJECT_get0_X509_CRL")]
    public static partial nint StoredCrl(nint storeObject);

    [LibraryImport(Library, EntryPoint = "EVP_sha256")]
    public static partial nint Sha256();

    [LibraryImport(Library, EntryPoint = "X509_digest")]
    public static partial int Digest(nint certificate, nint algorithm, byte* digest, uint* length);

    [LibraryImport(Library, EntryPoint = "X509_CRL_digest")]
    public static partial int DigestCrl(nint crl, nint algorithm, byte* digest, uint* length);

    [LibraryImport(Library, EntryPoint = "OSSL_STORE_open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OpenStore(string uri, nint method, nint data, nint post, nint postData);

    [LibraryImport(Library, EntryPoint = "OSSL_STORE_load")]
    public static partial nint LoadFromStore(nint store);

    [LibraryImport(Library, EntryPoint = "OSSL_STORE_eof")]
    public static partial int IsStoreAtEnd(nint store);

    [LibraryImport(Library, EntryPoint = "OSSL_STORE_close")]
    public static partial int CloseStore(nint store);

    [LibraryImport(Library, EntryPoint = "OSSL_STORE_INFO_get1_PKEY")]
    public static partial nint StoredKey(nint info);

    [LibraryImport(Library, EntryPoint = "OSSL_STORE_INFO_free")]
    public static partial void FreeStoreInfo(nint info);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_fetch", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint FetchCipher(nint library, string name, nint properties);

    [LibraryImport(Library, EntryPoint = "EVP_EncryptInit_ex")]
    public static partial int BeginEncrypt(nint context, nint cipher, nint engine, byte* key, byte* iv);

    [LibraryImport(Library, EntryPoint = "EVP_DecryptInit_ex")]
    public static partial int BeginDecrypt(nint context, nint cipher, nint engine, byte* key, byte* iv);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_CTX_set_params")]
    public static partial int SetMacParameters(nint context, OpenSslParameter* parameters);
}

/// <summary>OSSL_PARAM.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OpenSslParameter
{
    public byte* Key;
    public uint Type;
    public void* Data;
    public nuint Size;
    public nuint ReturnSize;
}
