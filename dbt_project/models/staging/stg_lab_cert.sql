{{ stage('lab_cert') }}
